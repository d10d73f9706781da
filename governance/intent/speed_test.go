package intent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

func BenchmarkClassify(b *testing.B) {
	for name, call := range map[string]intent.Call{
		"none": {Name: "get_time"},
		"text of 300 B": {Name: "create_issue", Args: json.RawMessage(`{"owner":"acme","repo":"api-gateway","title":"Crash when the table is dropped","body":"` +
			strings.Repeat("Steps to see it: open the page, press save. ", 5) + `"}`)},
		"command of 300 B": {Name: "bash", Args: json.RawMessage(`{"command":"cd /home/dev/api-gateway && git log --oneline -20 | grep -v Merge > /tmp/log.txt && rm -rf build/ && ` +
			`mkdir -p build/out && cp -r assets build/out && go build -o build/out/api ./cmd/api && ls -la build/out","description":"Builds the gateway again from what is there","timeout":120000}`)},
		"SQL of 300 B": {Name: "execute_sql", Args: json.RawMessage(`{"query":"SELECT o.id, o.total, c.name, c.email FROM orders o JOIN customers c ON c.id = o.customer_id ` +
			`WHERE o.created_at > '2025-01-01' AND c.country IN ('NO','DE') AND o.note NOT LIKE '%drop table%' ORDER BY o.total DESC LIMIT 100","database":"shop"}`)},
		"10 MB of text":     {Name: "write_file", Args: json.RawMessage(`{"path":"a.txt","content":"` + strings.Repeat("a word ", 10<<20/7) + `"}`)},
		"10 MB of commands": {Name: "bash", Args: json.RawMessage(`{"command":"` + strings.Repeat("echo $(a);", 1<<20) + `"}`)},
	} {
		b.Run(name, func(b *testing.B) {
			var c intent.Classifier
			b.SetBytes(int64(len(call.Args)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Classify(call); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
