package search_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mcp-kernel/mcp-kernel/modules/atr/search"
)

func found(x *search.Index, q search.Query) (names []string) {
	for _, h := range x.Find(q) {
		names = append(names, h.Name)
	}
	return names
}

// Each query gets first what a person would have meant; where several are as good, they are all at the top.
func TestRanking(t *testing.T) {
	t.Parallel()
	x := search.New(tools())
	for query, want := range map[string]string{
		// names, however they are written
		"files__read_text_file": "files__read_text_file", "FILES__READ_TEXT_FILE": "files__read_text_file",
		"read text file": "files__read_text_file", "readTextFile": "files__read_text_file", "read-text-file": "files__read_text_file",
		"scale_deployment": "k8s__scaleDeployment", "scaledeployment": "k8s__scaleDeployment", "create page": "notion__createPage",
		"createpage": "notion__createPage", "current_time": "time__get_current_time",
		// ordinary words
		"how do I open a pull request?": "github__create_pull_request", "send a message to a channel": "slack__post_message",
		"list the issues of a repository": "github__list_issues", "take a screenshot of the page": "browser__screenshot",
		"what is the weather forecast for tomorrow": "weather__get_forecast", "rename a file": "files__move_file",
		"run javascript in the browser": "browser__evaluate", "columns of a table": "db__describe_table",
		"number of replicas": "k8s__scaleDeployment", "pod logs": "k8s__kubectl_logs", "stack trace of an error": "sentry__get_sentry_issue",
		"commits of a branch": "github__list_commits", "emoji": "slack__add_reaction", "driving directions": "maps__directions",
		"explain the plan of a query": "db__explain_query", "address to coordinates": "maps__geocode",
		"start a container": "docker__run_container", "recursive directory tree": "files__directory_tree",
		// forms of words
		"listing directories": "files__list_directory", "merging pull requests": "github__merge_pull_request",
		"deleted events": "calendar__delete_event", "refunds": "stripe__createRefund", "searching emails": "mail__search_emails",
		"weather warning": "weather__get_alerts", "geocoding": "maps__geocode", "converting times": "time__convert_time",
		// other words for it
		"remove an event": "calendar__delete_event", "make a folder": "files__create_directory", "erase repository": "github__delete_repository",
		"modify file": "files__edit_file", "create a ticket on github": "github__create_issue", "picture of a web page": "browser__screenshot",
		"download a webpage": "fetch__fetch", "book a meeting": "calendar__create_event",
		// a server, and something of it
		"GitHub issue comment": "github__add_issue_comment", "slack channels": "slack__list_channels", "notion database": "notion__queryDatabase",
		"sentry": "sentry__get_sentry_issue", "kubernetes pods": "k8s__kubectl_get", "stripe customer": "stripe__listCustomers",
		"money": "stripe__createRefund",
		// parameters
		"dryRun": "files__edit_file", "merge_method": "github__merge_pull_request", "excludePatterns": "files__search_files",
		"squash or rebase": "github__merge_pull_request", "thread_ts": "slack__reply_to_thread",
		// beginnings of words
		"screensh": "browser__screenshot", "geoc": "maps__geocode", "forec": "weather__get_forecast", "kubectl_lo": "k8s__kubectl_logs",
		// slips
		"screnshot": "browser__screenshot", "wether forcast": "weather__get_forecast", "diretory tree": "files__directory_tree",
		"pull reqeust merge": "github__merge_pull_request", "geocdoe": "maps__geocode", "refnud": "stripe__createRefund",
		"JavaScirpt": "browser__evaluate",
		// other scripts
		"歌曲": "音乐__播放", "播放": "音乐__播放",
	} {
		if got := x.Find(search.Query{Text: query}); len(got) == 0 || got[0].Name != want {
			t.Errorf("%q: %v, want %s first", query, got, want)
		}
	}
	for query, want := range map[string][]string{
		"file":  {"files__edit_file", "files__move_file", "files__search_files"},
		"issue": {"github__add_issue_comment", "github__create_issue", "github__get_issue", "github__list_issues", "sentry__get_sentry_issue"},
		"delete": {
			"calendar__delete_event", "github__delete_repository", "k8s__kubectl_delete", "mail__delete_email", "memory__delete_entities",
		},
	} {
		got := found(x, search.Query{Text: query, Limit: len(want)})
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
	}
	for _, query := range []string{"xyzzy", "qqqqqqqq", "!!!", "\x00\xff", "🎈"} {
		if got := x.Find(search.Query{Text: query}); got != nil {
			t.Errorf("%q: %v", query, got)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	x := search.New(tools())
	for name, tt := range map[string]struct {
		query search.Query
		want  []string
	}{
		"of a server":      {search.Query{Text: "create", Server: "mail"}, []string{"mail__create_draft"}},
		"that only read":   {search.Query{Text: "event", Reads: true, Limit: 1}, []string{"calendar__list_events"}},
		"with a tag":       {search.Query{Text: "list", Tags: []string{"money"}}, []string{"stripe__listCustomers"}},
		"with two tags":    {search.Query{Text: "list", Tags: []string{"money", "other"}}, nil},
		"all of a server":  {search.Query{Server: "stripe"}, []string{"stripe__createRefund", "stripe__listCustomers"}},
		"everything":       {search.Query{Text: " * ", Limit: 2}, []string{"browser__click", "browser__evaluate"}},
		"no such server":   {search.Query{Text: "file", Server: "Files"}, nil},
		"what may be seen": {search.Query{Text: "delete email", Limit: 1, Keep: func(name string) bool { return !strings.HasPrefix(name, "mail") }}, []string{"github__delete_repository"}},
		"all, what may be": {search.Query{Limit: 1, Keep: func(name string) bool { return name > "f" }}, []string{"fetch__fetch"}},
	} {
		if diff := cmp.Diff(tt.want, found(x, tt.query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := len(x.Find(search.Query{})); got != search.DefaultLimit {
		t.Errorf("%d by default", got)
	}
	var empty search.Index
	if empty.Find(search.Query{Text: "a"}) != nil || search.New(nil).Find(search.Query{}) != nil || empty.Len() != 0 {
		t.Error("an empty index finds something")
	}
}

// What is kept of who was left out must not reach the next query.
func TestFilteredLeavesNothing(t *testing.T) {
	t.Parallel()
	x := search.New(tools())
	before := x.Find(search.Query{Text: "file directory"})
	func() {
		defer func() { _ = recover() }()
		x.Find(search.Query{Text: "file", Keep: func(string) bool { panic("no") }})
	}()
	if diff := cmp.Diff(before, x.Find(search.Query{Text: "file directory"})); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// The order of tools does not matter, nor who asks beside; and each answer is sorted, bounded and of what there is.
func TestProperties(t *testing.T) {
	t.Parallel()
	all := tools()
	x := search.New(all)
	rapid.Check(t, func(t *rapid.T) {
		shuffled := slices.Clone(all)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		q := search.Query{
			Text:  rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-z]{1,9}[ _.A-Z]){0,6}`), rapid.SampledFrom(strings.Fields(office))).Draw(t, "text"),
			Limit: rapid.IntRange(-1, 200).Draw(t, "limit"), Reads: rapid.Bool().Draw(t, "reads"),
		}
		got := x.Find(q)
		if diff := cmp.Diff(got, search.New(shuffled).Find(q)); diff != "" {
			t.Fatalf("another order of tools gives other hits:\n%s", diff)
		}
		limit := min(search.MaxLimit, max(q.Limit, 0))
		if limit == 0 {
			limit = search.DefaultLimit
		}
		if len(got) > limit {
			t.Fatalf("%d hits, at most %d were asked for", len(got), limit)
		}
		for i, h := range got {
			at := slices.IndexFunc(all, func(t search.Tool) bool { return t.Name == h.Name })
			if at < 0 || q.Reads && !all[at].ReadOnly {
				t.Fatalf("%s is not one of those that were asked for", h.Name)
			}
			if i > 0 && (got[i-1].Score < h.Score || got[i-1].Score == h.Score && h.Score == 0 && got[i-1].Name >= h.Name) {
				t.Fatalf("%v is before %v", got[i-1], h)
			}
		}
	})
}

// Every tool is the first hit for its own name, and among the first for its description.
func TestEachIsFound(t *testing.T) {
	t.Parallel()
	all := tools()
	x := search.New(all)
	for _, tool := range all {
		if got := found(x, search.Query{Text: tool.Name}); len(got) == 0 || got[0] != tool.Name {
			t.Errorf("%s: %v", tool.Name, got)
		}
		if got := found(x, search.Query{Text: tool.Description, Limit: 3}); !slices.Contains(got, tool.Name) {
			t.Errorf("%s by its description: %v", tool.Name, got)
		}
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	x := search.New(tools())
	want := x.Find(search.Query{Text: "create file"})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				if diff := cmp.Diff(want, x.Find(search.Query{Text: "create file"})); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	all.Wait()
}

// What is longer than anybody needs is neither kept nor looked for.
func TestBounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	x := search.New([]search.Tool{{Name: "long", Description: long + " " + strings.Repeat("word ", search.MaxWords) + "last"}})
	if got := found(x, search.Query{Text: long}); !slices.Equal(got, []string{"long"}) {
		t.Errorf("%v", got)
	}
	if got := found(x, search.Query{Text: "last"}); got != nil {
		t.Errorf("%v", got)
	}
	if got := found(x, search.Query{Text: strings.Repeat("aB ", 1<<20) + "word"}); got != nil {
		t.Errorf("%v", got)
	}
}

func FuzzFind(f *testing.F) {
	x := search.New(tools())
	for _, seed := range []string{"", "read file", "GitHubIssue", "é", "\xff", "文件", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if diff := cmp.Diff(x.Find(search.Query{Text: text}), x.Find(search.Query{Text: text})); diff != "" {
			t.Error(diff)
		}
		search.New([]search.Tool{{Name: text, Description: text}}).Find(search.Query{Text: text})
	})
}

// many are tools of many servers: those of the office with words of their own.
func many(n int) []search.Tool {
	office := tools()
	all := make([]search.Tool, n)
	for i := range all {
		t := office[i%len(office)]
		t.Server = fmt.Sprintf("%s%d", t.Server, i/len(office))
		t.Name = t.Server + "__" + t.Own
		t.Description += fmt.Sprintf(" It belongs to project%d of department%d.", i, i%97)
		all[i] = t
	}
	return all
}

func BenchmarkNew(b *testing.B) {
	all := many(10_000)
	b.ReportAllocs()
	for b.Loop() {
		search.New(all)
	}
}

func BenchmarkFind(b *testing.B) {
	x := search.New(many(10_000))
	for _, query := range []string{
		"file", "create a pull request", "send message to channel", "screnshot", "project77 department5",
		"list the files and directories in a directory with the time of a message", "",
	} {
		b.Run(strings.ReplaceAll(query, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Find(search.Query{Text: query})
			}
		})
	}
}
