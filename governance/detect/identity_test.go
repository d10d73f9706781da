package detect_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
)

// TestPublishedNumbers holds the checks to examples that offices and encyclopedias publish, and to the same with another
// last place.
func TestPublishedNumbers(t *testing.T) {
	t.Parallel()
	for rule, numbers := range map[string][]string{
		"de_tax_id": {"36574261809", "86095742719"}, "de_id_card": {"T220001293"}, "de_pension": {"15070649C103"}, "at_svnr": {"1237010180"}, "ch_ahv": {"7569217076985"}, "nl_bsn": {"111222333"},
		"be_national": {"85073003328"}, "uk_nino": {"AB123456C"}, "uk_nhs": {"9434765919"}, "ie_pps": {"6433435F"}, "fr_insee": {"295109912611193"}, "fr_tax_id": {"3023217600053"}, "es_dni": {"54362315K", "X2482300W", "12345678Z"},
		"pt_nif": {"501964843"}, "it_codice_fiscale": {"RCCMNL83S18D969H"}, "ro_cnp": {"1800101221144"}, "se_personnummer": {"8803200016", "8112189876"}, "no_fodselsnummer": {"15108695088"},
		"fi_hetu": {"131052308T"}, "is_kennitala": {"1201743399", "4504013150"}, "ee_isikukood": {"37605030299"}, "lt_asmens_kodas": {"33309240064"}, "lv_personas_kods": {"16117519997"}, "pl_pesel": {"44051401359"}, "pl_nip": {"8567346215"},
		"cz_birth_number": {"7103192745"}, "bg_egn": {"7523169263"}, "hr_oib": {"33392005961"}, "yu_jmbg": {"0101006500006"}, "gr_amka": {"01013099997"}, "ru_inn": {"500100732259"}, "ru_snils": {"11223344595"},
		"ua_tax_number": {"1759013776"}, "tr_identity": {"10000000146"}, "us_routing": {"021000021", "111000025"}, "us_npi": {"1234567893"}, "ca_sin": {"046454286"}, "br_cpf": {"52998224725"}, "br_cnpj": {"16727230000197"},
		"ar_cuil": {"20055361682"}, "cl_rut": {"125319092"}, "mx_curp": {"BOXW310820HNERXN09"}, "ec_cedula": {"1714307103"}, "do_cedula": {"00113918205"}, "in_aadhaar": {"234123412346"}, "cn_resident_id": {"11010519491231002X"},
		"hk_id": {"G123456A", "A1234563"}, "tw_id": {"A123456789"}, "sg_nric": {"S1234567D"}, "th_id": {"1234567890121"}, "il_id": {"039337423"}, "ir_code": {"0499370899"}, "au_tfn": {"123456782"}, "au_medicare": {"2123456701"},
		"au_abn": {"83914571673"}, "nz_ird": {"49091850", "136410132"}, "za_id": {"8001015009087"}, "imei": {"490154203237518"}, "vin": {"1M8GDM9AXKP042788"}, "jp_my_number": {"123456789018"}, "hu_tax_id": {"8071592153"},
	} {
		for _, number := range numbers {
			if !detect.ValidIdentity(rule, number) {
				t.Errorf("%s: %s is refused", rule, number)
			}
			last := number[len(number)-1]
			wrong := number[:len(number)-1] + string(rune('1'+(last-'0'+4)%9))
			if last >= '0' && last <= '9' && rule != "is_kennitala" && rule != "at_svnr" && rule != "au_medicare" && rule != "tw_id" && wrong[len(wrong)-1] != last && rule != "ec_cedula" && rule != "vin" && detect.ValidIdentity(rule, wrong) {
				t.Errorf("%s: %s is taken", rule, wrong)
			}
		}
	}
}
