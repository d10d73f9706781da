package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// control looks at the control character at i (ECMA-48, and what xterm's manual calls control sequences).
func (s *scan) control(i int) {
	if s.lookout&Terminal == 0 {
		return
	}
	switch c := s.text[i]; c {
	case 0x1B:
		s.escape(i, i+1)
	case '\r':
		s.carriage(i)
	case '\b':
		s.backspace(i)
	case 0x0C, 0x0B, 0x07:
		if c == 0x07 {
			s.terminal("bell", "control_character", match.Low, 0.5, i, i+1)
		}
	case 0x7F:
		s.terminal("delete", "control_character", match.Low, 0.5, i, i+1)
	default:
		s.terminal("control_character", "control_character", match.Low, 0.5, i, i+1)
	}
}

func (s *scan) terminal(rule, class string, severity match.Severity, confidence float64, start, end int) {
	s.report(match.Finding{
		Check: "terminal", Rule: rule, Class: class, Severity: severity, Confidence: confidence, Span: match.Span{Start: start, End: end},
	})
}

// control1 looks at a control character of C1, as UTF-8, at i: an escape sequence in another form, or nothing that text
// has. U+0085 ends lines on some machines.
func (s *scan) control1(i int) {
	if i+1 >= len(s.text) || s.text[i+1] < 0x80 || s.text[i+1] > 0x9F || s.text[i+1] == 0x85 || s.lookout&Terminal == 0 {
		return
	}
	switch s.text[i+1] {
	case 0x9B:
		s.sequence(i, i+2)
	case 0x9D:
		s.command(i, i+2)
	case 0x90, 0x98, 0x9E, 0x9F:
		s.terminal("device_string", "terminal_command", match.High, 0.9, i, s.terminated(i+2))
	default:
		s.terminal("control_character", "control_character", match.Low, 0.5, i, i+2)
	}
}

// escape looks at what an ESC at start introduces.
func (s *scan) escape(start, i int) {
	if i >= len(s.text) {
		s.terminal("escape", "terminal_escape", match.Medium, 0.6, start, i)
		return
	}
	switch s.text[i] {
	case '[':
		s.sequence(start, i+1)
	case ']':
		s.command(start, i+1)
	case 'P', 'X', '^', '_':
		s.terminal("device_string", "terminal_command", match.High, 0.95, start, s.terminated(i+1))
	case '(', ')', '*', '+', '#', '%':
		s.terminal("character_set", "terminal_escape", match.Low, 0.6, start, min(len(s.text), i+2))
	default:
		s.terminal("escape", "terminal_escape", match.Medium, 0.7, start, i+1)
	}
}

// sequence looks at a control sequence whose parameters begin at i.
func (s *scan) sequence(start, i int) {
	from := i
	for i < len(s.text) && i-from < 64 && s.text[i] >= 0x20 && s.text[i] < 0x40 {
		i++
	}
	if i >= len(s.text) {
		s.terminal("escape", "terminal_escape", match.Medium, 0.6, start, i)
		return
	}
	parameters, end := s.text[from:i], i+1
	switch s.text[i] {
	case 'm':
		if conceals(parameters) {
			s.terminal("concealed_text", "terminal_hidden_text", match.High, 0.9, start, end)
		} else {
			s.terminal("style", "terminal_style", match.Low, 0.9, start, end)
		}
	case 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'f', 'J', 'K', 'S', 'T', 'd', 's', 'u', 'L', 'M', 'P', 'X', '@', 'r':
		severity := match.Medium
		if strings.IndexByte("AFHJf", s.text[i]) >= 0 {
			severity = match.High // may overwrite what was on the screen before
		}
		s.terminal("cursor", "terminal_cursor", severity, 0.85, start, end)
	case 'h', 'l':
		s.terminal("mode", "terminal_mode", match.Medium, 0.85, start, end)
	case 'n', 'c', 'q', 't', 'y', 'i':
		s.terminal("report", "terminal_command", match.High, 0.85, start, end) // the terminal types an answer, or prints
	default:
		s.terminal("escape", "terminal_escape", match.Medium, 0.7, start, end)
	}
}

// conceals reports whether the parameters of a style make text invisible.
func conceals(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		if p == "8" || p == "08" {
			return !strings.Contains(parameters, "38;") && !strings.Contains(parameters, "48;")
		}
	}
	return false
}

// command looks at an operating system command whose number begins at i.
func (s *scan) command(start, i int) {
	n := digitSet.span(s.text[i:], 5)
	number, end := s.text[i:i+n], s.terminated(i)
	switch number {
	case "8":
		s.hyperlink(start, i+n, end)
	case "52":
		s.terminal("clipboard", "terminal_command", match.Critical, 0.98, start, end)
	case "0", "1", "2":
		s.terminal("title", "terminal_title", match.Medium, 0.85, start, end)
	default:
		s.terminal("system_command", "terminal_command", match.High, 0.9, start, end)
	}
}

// hyperlink looks at a link (OSC 8). One whose text is the address of another host deceives.
func (s *scan) hyperlink(start, i, end int) {
	target := s.text[min(i, end):end]
	severity, rule := match.Medium, "hyperlink"
	if _, rest, ok := strings.Cut(target, "://"); ok {
		host := rest[:strings.IndexAny(rest+"/", "/\a\x1b\\?")]
		shown, _, _ := strings.Cut(s.window(end, 256), "\x1b")
		if _, seen, ok := strings.Cut(shown, "://"); ok && host != "" && !strings.HasPrefix(seen, host) {
			severity, rule = match.High, "deceptive_hyperlink"
		}
	}
	s.terminal(rule, "terminal_link", severity, 0.85, start, end)
}

// terminated returns the end of a string that BEL or ST ends; without an end it goes to the end of the line.
func (s *scan) terminated(i int) int {
	for k := i; k < len(s.text) && k-i < 1<<16; k++ {
		switch s.text[k] {
		case '\a':
			return k + 1
		case 0x1B:
			if k+1 < len(s.text) && s.text[k+1] == '\\' {
				return k + 2
			}
			return k
		case '\n':
			return k
		case 0xC2:
			if k+1 < len(s.text) && s.text[k+1] == 0x9C {
				return k + 2
			}
			if k+1 < len(s.text) && s.text[k+1] >= 0x90 && s.text[k+1] <= 0x9F {
				return k
			}
		}
	}
	return min(len(s.text), i+1<<16)
}

// carriage looks at a carriage return: what follows on the line overwrites what was there. Progress bars do that with
// digits and percent signs; two different texts are a trick.
func (s *scan) carriage(i int) {
	k := i
	for k < len(s.text) && s.text[k] == '\r' {
		k++
	}
	if k == len(s.text) || s.text[k] == '\n' || i == 0 {
		return
	}
	before, after := s.before(i, 120), s.window(k, 120)
	after, _, _ = strings.Cut(after, "\n")
	if n := strings.LastIndexByte(before, '\r'); n >= 0 {
		before = before[n+1:]
	}
	before = strings.TrimSpace(before)
	severity, confidence := match.Low, 0.5
	if len(before) > 8 && !strings.ContainsAny(before, "%|#█▏=") && len(strings.TrimSpace(after)) >= 1 && !strings.ContainsAny(after, "%█") && !sameStart(before, after) {
		severity, confidence = match.Medium, 0.6
	}
	s.terminal("overwritten_line", "terminal_overwrite", severity, confidence, i, k)
}

func sameStart(a, b string) bool {
	n := min(len(a), len(b), 4)
	return a[:n] == b[:n]
}

// backspace looks at a backspace. X over X is bold and _ with X is underlined, as in manuals; anything else hides text.
func (s *scan) backspace(i int) {
	n := 1
	for i+n < len(s.text) && s.text[i+n] == '\b' {
		n++
	}
	s.resume = max(s.resume, i+n)
	if n == 1 && i > 0 && i+1 < len(s.text) {
		a, b := s.text[i-1], s.text[i+1]
		if a == b || a == '_' || b == '_' || a == '+' && b == 'o' || a >= 0x80 {
			return
		}
	}
	s.terminal("backspace", "terminal_overwrite", match.High, 0.8, i, i+n)
}
