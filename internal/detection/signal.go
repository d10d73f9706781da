package detection

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A signal is an expression that speaks for a category, unless another one matches too.
type signal struct {
	category     string
	weight       float64
	text, unless *regexp.Regexp
}

// referenceSignals are the signals of the reference's classifier: a line is a weight and an expression, behind " !! " one that
// must not match. The categories stand before their signals, in the order in which they are tried.
const referenceSignals = `
[destructive_data]
.9  \bdrop\s+(table|database|index|view|schema)\b
.9  \btruncate\s+table\b
.95 \bdelete\b.*\bwhere\s+1\s*=\s*1
.85 \bdelete\s+from\b !! \bwhere\b
.4  \bdelete\b
.7  \b(wipe|purge|destroy|erase|nuke)\b
.75 \bremove\s+(all|every|entire)\b
.9  \bformat\s+(disk|drive)\b
.8  \balter\b.*\bdrop\b
[data_exfiltration]
.9  \binto\s+outfile\b
.8  \bcopy\b.*\bto\s+stdout\b
.75 \b(dump|export|backup)\s+all\b
.8  \b(upload|send)\b.*\b(external|s3|bucket)\b
.7  \b(pg_dump|mysqldump)\b
.6  \b(wget|curl)\b.*\|
[privilege_escalation]
.9  \bgrant\s+all\b
.4  \bgrant\b
.7  \bsudo\b
.8  \bchmod\s+777\b
.5  \bchmod\s+[0-7]*[67]\b
.8  \b(escalate|elevate)\b
.9  \balter\s+user\b.*\bsuperuser\b
.7  \bsu\s+-
.5  \bpasswd\b
[system_modification]
.95 \brm\s+-rf\b
.7  \brm\s+-r\b
.8  \b(shutdown|reboot)\b
.7  \bkill\s+-9\b
.7  \bsystemctl\s+stop\b
.8  \biptables\b.*\bdrop\b
.7  \bregistry\b
.9  \bformat\s+[a-z]:
[code_execution]
.8  \b(exec|eval)\s*\(
.5  \bsubprocess\b
.7  \bos\.system\b
.7  __import__
.5  \bcompile\s*\(
.7  \bpickle\.loads\b
[network_access]
.4  \b(requests|fetch)\b
.5  \b(curl|wget)\s+http
.6  \bsocket\.connect\b
.5  \bsmtplib\b
[data_read]
.6  \bselect\b
.3  \b(read|get|list|query|view)\b
[data_write]
.5  \b(insert|update)\b
.3  \b(write|create|save|store)\b`

// signals compiles the signals.
func signals() []signal {
	var all []signal
	category := ""
	for line := range strings.Lines(strings.TrimSpace(referenceSignals)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			category = strings.TrimSuffix(name, "]")
			continue
		}
		number, text, _ := strings.Cut(line, " ")
		text, unless, excluded := strings.Cut(strings.TrimSpace(text), " !! ")
		s := signal{category: category, text: regexp.MustCompile("(?is)" + text)}
		s.weight, _ = strconv.ParseFloat(number, 64) // the numbers of this file
		if excluded {
			s.unless = regexp.MustCompile("(?is)" + unless)
		}
		all = append(all, s)
	}
	return all
}

// Intended measures the signals: of all that match the one of the greatest weight says the category, the first of several; none
// is benign.
func (x *Reference) Intended(set []Record) (Intents, error) {
	return intended(set, func(r *Record) (string, float64, error) {
		text, err := spoken(r)
		best, weight := "benign", 0.0
		for _, s := range x.intents {
			if s.weight > weight && s.text.MatchString(text) && (s.unless == nil || !s.unless.MatchString(text)) {
				best, weight = s.category, s.weight
			}
		}
		return best, weight, err
	})
}

// spoken is what the reference makes of a call: the name and the values, those that are no strings as they are written, without
// the names of the arguments.
func spoken(r *Record) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(r.Value, &members); err != nil {
		return "", err
	}
	words := []string{r.Tool}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		text := string(members[name])
		_ = json.Unmarshal(members[name], &text) // what is no string stays as it is
		words = append(words, text)
	}
	return strings.Join(words, " "), nil
}
