package code_test

import (
	"context"
	"fmt"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

func ExampleEngine_Check() {
	var engine code.Engine
	report, err := engine.Check(context.Background(), code.Source{
		Language: "python",
		Code: `model.eval()  # not eval()
os.system("cd /srv && r''m -fr /")
`,
	}, code.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	for _, f := range report.Findings {
		fmt.Printf("%d:%d %s %s (%s): %s\n", f.Line, f.Column, f.Severity, f.RuleID, f.CWE, f.Message)
	}
	// Output:
	// block
	// 2:1 medium os_command (CWE-78): runs a command line
	// 2:23 critical rm_root (CWE-73): removes the system's or the user's own files
}

func ExampleStatements() {
	for _, s := range code.Statements("SELECT 1; WITH old AS (DELETE FROM log) SELECT * FROM old; UPDATE a SET b = 1 WHERE c = 2") {
		fmt.Println(s.Kind, s.Verb, s.Targets, s.Rows == code.RowsAll)
	}
	// Output:
	// read select [] false
	// write select [log] true
	// write update [a] false
}
