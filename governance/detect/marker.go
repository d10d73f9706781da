package detect

import "strings"

// The kinds of marks.
const (
	markTurn   = iota // a token that separates turns in what a model is given
	markRole          // a heading that plays a turn
	markResult        // an element that a host wraps results of tools in
)

// markerLiterals returns the marks: of the chat templates that models' makers publish, and those that hosts use.
func markerLiterals() []literal {
	marks := map[int]string{
		markTurn: "<|im_start|>\v<|im_end|>\v<|system|>\v<|user|>\v<|assistant|>\v<|eot_id|>\v<|start_header_id|>\v<|endofprompt|>\v[INST]\v[/INST]\v<<SYS>>\v<start_of_turn>\v<end_of_turn>" +
			"\v<|begin_of_text|>\v<|end_of_turn|>\v<|start|>system\v<｜user｜>\v<｜assistant｜>",
		markRole: "### system\v### instruction\v### new instruction\v### assistant\v### human\v### user\v\nhuman:\v\nassistant:\v\nsystem:\v[system]\v[system message]\v[assistant]\v<system>\v</system>\v<system_prompt>\v</system_prompt>\v<instructions>\v<important>\v</user>\v[end of document]\v--- end of" +
			"\vend of tool output\vend of user input\v<information>\v<admin>\v<system-reminder>\v</context>\v</document>",
		markResult: "</tool_result>\v<tool_result>\v<function_results>\v</function_results>\v<tool_response>\v</tool_response>\v<function_calls>\v<invoke name=\v<tool_call>\v</tool_output>\v\"role\": \"system\"\v\"role\":\"system\"\v<|tool",
	}
	var literals []literal
	for kind := markTurn; kind <= markResult; kind++ {
		for text := range strings.SplitSeq(marks[kind], "\v") {
			exact := strings.Contains(text, "｜") || strings.HasPrefix(text, "[INST") || strings.HasPrefix(text, "[/INST")
			literals = append(literals, literal{text: text, role: roleMarker, index: uint16(kind), exact: exact})
		}
	}
	for _, text := range [...]string{"](", "<img "} {
		literals = append(literals, literal{text: text, role: roleLink})
	}
	return literals
}

// marker looks at a mark of a kind.
func (s *scan) marker(start, end, kind int) {
	if s.lookout&(Injection|Definition) == 0 {
		return
	}
	said := saysRole
	switch kind {
	case markTurn:
		said = saysTurn
	case markResult:
		said = saysFakeResult
	}
	if kind != markRole && templated(s.window(end, 200)) {
		return // a chat template or a parser, not a turn
	}
	if n := len(s.motions); n > 0 && kind == markTurn {
		if last := &s.motions[n-1]; start <= last.end+far && start > last.start && last.evidence&saysTurn != 0 {
			said |= saysTurnAgain
		}
	}
	s.move(start, end, said, silent)
}

// templated reports whether a text has the marks of a template language.
func templated(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "' +") || strings.Contains(text, "\" +") || strings.Contains(text, "\\n\"")
}

// link looks at the target of a Markdown link or image, or of an image of HTML: fetching it may carry data away, or run
// something.
func (s *scan) link(start int) {
	if s.lookout&(Injection|Definition) == 0 {
		return
	}
	from, image := start+2, false
	if s.text[start] == '<' {
		tag, _, _ := strings.Cut(s.window(start, 600), ">")
		n := strings.Index(tag, "src=")
		if n < 0 {
			return
		}
		from, image = start+n+len("src="), true
	} else if n := strings.LastIndexByte(s.before(start, 200), '['); n >= 0 {
		line := s.before(start, 200)
		image = n > 0 && line[n-1] == '!'
	}
	rest := s.window(from, 2048)
	target := strings.TrimLeft(rest, "\"'< ")
	from += len(rest) - len(target)
	target = target[:max(0, strings.IndexAny(target+")", ")\"'> \n"))]
	end := min(len(s.text), from+len(target))
	switch {
	case runs(target):
		s.move(start, end, saysScript, silent)
	case carries(target, image):
		s.move(start, end, saysLink, silent)
	}
}

// runs reports whether following a link runs a script or shows a page of the link's own.
func runs(target string) bool {
	var room [16]byte
	scheme := lowered(room[:0], target[:min(len(target), 16)])
	return strings.HasPrefix(scheme, "javascript:") || strings.HasPrefix(scheme, "vbscript:") || strings.HasPrefix(scheme, "data:text/html")
}

// carries reports whether fetching a URL gives something away: it has a gap that a model is to fill, or carries a value
// that looks like data, or goes to a service that collects what it is sent.
func carries(target string, image bool) bool {
	_, rest, ok := strings.Cut(target, "://")
	if !ok || !image && !strings.Contains(rest, "?") {
		return false
	}
	host := rest[:strings.IndexAny(rest+"/", "/?#")]
	tail := rest[len(host):]
	_, query, _ := strings.Cut(tail, "?")
	collects := collector(host)
	switch {
	case collects && (image || gap(query)):
		return true
	case !image:
		return gap(query) && telling(query)
	case query == "":
		return gap(tail) && !strings.Contains(host, "{")
	}
	return gap(query) || telling(query) && cargo(query)
}

// collector reports whether a host is a service that shows its user what others send to it.
func collector(host string) bool {
	for _, name := range [...]string{
		"webhook.site", "requestbin", "pipedream", "ngrok", "burpcollaborator", "oast.", "interact.sh", "interactsh", "requestcatcher", "beeceptor", "hookbin", "attacker", "evil", "exfil", "dnslog", "canarytokens", "trycloudflare", "mockbin", "malicious",
	} {
		if strings.Contains(host, name) {
			return true
		}
	}
	return false
}

// gap reports whether a part of a URL has a place that somebody is to fill in.
func gap(text string) bool {
	if strings.Contains(text, "{") || strings.Contains(text, "$(") || strings.Contains(text, "%7B") {
		return true
	}
	for pair := range strings.SplitSeq(text, "&") {
		if _, v, ok := strings.Cut(pair, "="); ok && len(v) >= 4 && (shouts(v) || v[0] == '[' || v[0] == '<' || strings.HasPrefix(v, "%5B") || strings.HasPrefix(v, "%3C")) {
			return true
		}
	}
	return false
}

// shouts reports whether a value is a word in capitals that stands for something, as DATA and USER_SECRET do.
func shouts(v string) bool {
	for _, w := range [...]string{"DATA", "SECRET", "CONVERSATION", "HISTORY", "PASSWORD", "TOKEN", "KEY", "CONTENT", "SUMMARY", "BASE64", "CHAT", "USER", "PROMPT", "REPLACE", "INSERT", "ENCODED", "MESSAGE", "EMAIL", "CREDENTIALS"} {
		if strings.Contains(v, w) && mix(v).lower == 0 {
			return true
		}
	}
	return false
}

// telling reports whether a query has a parameter whose name says that data is carried.
func telling(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(pair, "="); strings.ToLower(name) {
		case "data", "d", "q", "c", "content", "secret", "secrets", "leak", "exfil", "steal", "stolen", "payload", "info", "msg", "message", "log", "history", "chat", "conversation", "prompt", "context", "key", "keys", "creds", "x", "summary", "text", "user_data", "userdata", "p", "b64", "env":
			return true
		}
	}
	return false
}

// cargo reports whether a value of a query is long and irregular.
func cargo(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		if _, v, ok := strings.Cut(pair, "="); ok && len(v) >= 20 && random(strings.TrimRight(v, "=")) {
			return true
		}
	}
	return false
}
