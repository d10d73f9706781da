package detect

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// TestPlanAgreesWithItsLibrary takes numbers of every country: those that the library gives as examples are in the plan,
// and of random ones that the library refuses most are not.
func TestPlanAgreesWithItsLibrary(t *testing.T) {
	t.Parallel()
	var regions []string
	for region := range phonenumbers.GetSupportedRegions() {
		regions = append(regions, region)
	}
	slices.Sort(regions)
	missed := 0
	for _, region := range regions {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil || !phonenumbers.IsValidNumber(example) {
				continue
			}
			if number := phonenumbers.Format(example, phonenumbers.E164)[1:]; !planned(number) {
				missed++
				t.Logf("%s: +%s is not in the plan", region, number)
			}
		}
	}
	if missed > 5 { // islands whose numbers have four digits, and a form that San Marino dials from abroad
		t.Errorf("%d examples are not in the plan", missed)
	}
	random, accepted, refused := rand.New(rand.NewPCG(7, 7)), 0, 0
	for range 3000 {
		number := strconv.FormatUint(1e10+random.Uint64N(9e10), 10)
		if parsed, err := phonenumbers.Parse("+"+number, "ZZ"); err == nil && phonenumbers.IsValidNumber(parsed) {
			continue
		}
		if refused++; planned(number) {
			accepted++
		}
	}
	if share := float64(accepted) / float64(refused); share > 0.3 {
		t.Errorf("the plan has %.0f %% of the numbers that the library refuses", 100*share)
	}
}
