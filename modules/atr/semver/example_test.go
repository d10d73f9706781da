package semver_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/semver"
)

func Example() {
	wanted, err := semver.ParseRange(">=1.2 <2")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"v1.2", "1.3.0-beta", "2.0.0"} {
		v, err := semver.Parse(text)
		fmt.Println(v, wanted.Contains(v), err)
	}
	// Output:
	// 1.2.0 true <nil>
	// 1.3.0-beta false <nil>
	// 2.0.0 false <nil>
}
