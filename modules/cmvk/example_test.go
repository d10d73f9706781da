package cmvk_test

import (
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/modules/cmvk"
)

func ExampleText() {
	d, err := cmvk.Text("Take 5 mg of the tablet twice daily.", "Take 50 mg of the tablet twice daily.", cmvk.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	medical, err := cmvk.ProfileOf("medical")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %s\n", d.Score, medical.Severity(d.Score))
	fmt.Printf("%s: %s became %s\n", d.Changes[0].Dimension, d.Changes[0].A, d.Changes[0].B)
	// Output:
	// 0.90 severe
	// numeric: 5 mg became 50 mg
}

func ExampleJSON() {
	d, err := cmvk.JSON(
		[]byte(`{"order": {"amount": 100, "to": "Ann"}}`),
		[]byte(`{"order": {"to": "Ann", "amount": 900}}`), cmvk.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := d.Changes[0]
	fmt.Printf("%.2f at %s: %s became %s\n", d.Score, c.Pointer, c.A, c.B)
	// Output: 0.89 at /order/amount: 100 became 900
}

func ExampleSequences() {
	d, err := cmvk.Sequences([]string{"read", "plan", "write"}, []string{"read", "write"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d edit, they part at %d\n", d.Edits, d.Position)
	// Output: 1 edit, they part at 1
}
