package code_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	type stmt = code.Statement
	for _, test := range []struct {
		sql  string
		want []stmt
	}{
		{"SELECT a FROM b", []stmt{{Kind: code.ReadStatement, Verb: "select", Targets: []string{"b"}}}},
		{"select * from a join b on a.x = b.x", []stmt{{Kind: code.ReadStatement, Verb: "select", Targets: []string{"a", "b"}}}},
		{"SELECT * INTO c FROM b", []stmt{{Kind: code.WriteStatement, Verb: "select", Targets: []string{"c"}}}},
		{"DELETE FROM a", []stmt{{Kind: code.WriteStatement, Verb: "delete", Targets: []string{"a"}, Rows: code.RowsAll}}},
		{"DELETE FROM a WHERE 1=1", []stmt{{Kind: code.WriteStatement, Verb: "delete", Targets: []string{"a"}, Rows: code.RowsAll}}},
		{"DELETE FROM \"s\".\"a\" WHERE id = 3", []stmt{{Kind: code.WriteStatement, Verb: "delete", Targets: []string{"s.a"}, Rows: code.RowsSome}}},
		{"UPDATE [dbo].[a] SET x = 1", []stmt{{Kind: code.WriteStatement, Verb: "update", Targets: []string{"dbo.a"}, Rows: code.RowsAll}}},
		{"UPDATE a SET x = 1 WHERE y = 2", []stmt{{Kind: code.WriteStatement, Verb: "update", Targets: []string{"a"}, Rows: code.RowsSome}}},
		{"INSERT INTO a VALUES (1)", []stmt{{Kind: code.WriteStatement, Verb: "insert", Targets: []string{"a"}}}},
		{"WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", []stmt{{Kind: code.WriteStatement, Verb: "select", Targets: []string{"a"}, Rows: code.RowsAll}}},
		{"WITH x AS (SELECT 1) DELETE FROM a", []stmt{{Kind: code.WriteStatement, Verb: "delete", Targets: []string{"a"}, Rows: code.RowsAll}}},
		{"DROP TABLE IF EXISTS a", []stmt{{Kind: code.DefineStatement, Verb: "drop", Object: "table", Targets: []string{"a"}}}},
		{"DROP/**/TABLE a", []stmt{{Kind: code.DefineStatement, Verb: "drop", Object: "table", Targets: []string{"a"}}}},
		{"/*!50000 DROP */ TABLE a", []stmt{{Kind: code.DefineStatement, Verb: "drop", Object: "table", Targets: []string{"a"}}}},
		{"create or replace view v as select 1", []stmt{{Kind: code.DefineStatement, Verb: "create", Object: "view", Targets: []string{"v"}}}},
		{"TRUNCATE a", []stmt{{Kind: code.DefineStatement, Verb: "truncate", Targets: []string{"a"}}}},
		{"GRANT ALL ON a TO b", []stmt{{Kind: code.RightsStatement, Verb: "grant"}}},
		{"BEGIN; SELECT 1; COMMIT;", []stmt{{Kind: code.SessionStatement, Verb: "begin"}, {Kind: code.ReadStatement, Verb: "select"}, {Kind: code.SessionStatement, Verb: "commit"}}},
		{"EXPLAIN DELETE FROM a", []stmt{{Kind: code.ReadStatement, Verb: "explain"}}},
		{"EXPLAIN ANALYZE DELETE FROM a", []stmt{{Kind: code.WriteStatement, Verb: "delete", Targets: []string{"a"}, Rows: code.RowsAll}}},
		{"SELECT 'a;b'; -- c;\nSELECT 2", []stmt{{Kind: code.ReadStatement, Verb: "select"}, {Kind: code.ReadStatement, Verb: "select"}}},
		{"DO $$ BEGIN PERFORM 1; END $$; SELECT 1", []stmt{{Kind: code.CallStatement, Verb: "do"}, {Kind: code.ReadStatement, Verb: "select"}}},
		{"EXEC xp_cmdshell 'dir'", []stmt{{Kind: code.CallStatement, Verb: "exec"}}},
		{"nonsense here", []stmt{{Verb: "nonsense"}}},
		{"SELECT * FROM a FOR UPDATE", []stmt{{Kind: code.ReadStatement, Verb: "select", Targets: []string{"a"}}}},
		{"", nil},
		{" ;; ", nil},
	} {
		t.Run(test.sql, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, code.Statements(test.sql), cmpopts.IgnoreFields(code.Statement{}, "Start", "End")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Statements lie one behind the other within the text.
func FuzzStatements(f *testing.F) {
	for _, sql := range []string{"SELECT 1; DELETE FROM a", "DO $$ ; $$", "'", "/*", "$a$", "((((", "WITH", "EXPLAIN ANALYZE", "[", "\x00;;"} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		at := 0
		for _, s := range code.Statements(sql) {
			if s.Start < at || s.End < s.Start || s.End > len(sql) {
				t.Fatalf("%+v behind %d in %q", s, at, sql)
			}
			at = s.End
		}
	})
}

func BenchmarkStatements(b *testing.B) {
	for name, sql := range map[string]string{
		"short": "DELETE FROM users WHERE id = 7",
		"long":  strings.Repeat("UPDATE a SET b = 1, c = 'x' WHERE d = 3 AND e IN (SELECT f FROM g);\n", 15_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(sql)))
			for b.Loop() {
				code.Statements(sql)
			}
		})
	}
}
