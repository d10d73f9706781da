package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// streetWords are what the names of streets hold or begin with outside of the English-speaking world.
const streetWords = "straße strasse str. weg platz allee gasse ring damm ufer steig rue avenue boulevard bd place chemin route impasse allée quai cours square calle avenida av. plaza paseo c/ carrer camino ronda via viale piazza corso " +
	"largo vicolo strada straat laan plein gracht kade singel dijk rua travessa praça alameda ulica ul. al. gata gatan vägen vej gade vei veien katu tie utca út tér námestie náměstí třída ulice street road lane drive court"

// postal looks at a comma, a postal code and a place, which begin at start, for a street and a number before them:
// Hauptstraße 12, 10115 Berlin; 12 rue de la Paix, 75002 Paris; Kerkstraat 14, 1017 GM Amsterdam.
func (s *scan) postal(start, end int) {
	if s.lookout&PII == 0 {
		return
	}
	if rest := s.window(end, 3); len(rest) == 3 && isUpper(rest[0]) && isUpper(rest[1]) && rest[2] == ' ' {
		end += 3
	}
	to, words := s.properName(end)
	if words == 0 {
		return
	}
	line := s.before(start, 72)
	if n := strings.LastIndexAny(line, ",;:|\"("); n >= 0 {
		line = line[n+1:]
	}
	line = strings.TrimLeft(line, " ")
	var room [72]byte
	plain := lowered(room[:0], line)
	last := line[strings.LastIndexByte(line, ' ')+1:]
	switch {
	case len(line) < 6 || !streetWord(plain):
		return
	case last != "" && isDigit(last[0]) && len(last) < 7: // the number behind the street
	case isDigit(line[0]): // before it
	default:
		return
	}
	// What stands before the street in one row with it, as a name may, is not a part of it.
	s.pii("street_address", "street_address", match.Medium, 0.85, start-len(line), to)
}

// streetWord reports whether a line has the word for a street, or a word that ends in one.
func streetWord(line string) bool {
	for rest := line; rest != ""; {
		word, after, _ := strings.Cut(rest, " ")
		rest = after
		if len(word) < 2 || isDigit(word[0]) {
			continue
		}
		for mark := range strings.SplitSeq(streetWords, " ") {
			if word == mark || len(mark) > 2 && len(word) > len(mark) && strings.HasSuffix(word, mark) && len(mark) > 3 {
				return true
			}
		}
	}
	return false
}

// machineReadable looks at the machine-readable zone of a travel document (ICAO Doc 9303), whose first line may begin at i.
func (s *scan) machineReadable(i int) {
	if s.lookout&PII == 0 || s.wordAt(i-1) {
		return
	}
	var lines [3]string
	n, end, last := 0, i, i
	for ; n < len(lines); n++ {
		k := end
		for k < len(s.text) && (isUpper(s.text[k]) || isDigit(s.text[k]) || s.text[k] == '<') {
			k++
		}
		if k-end < 30 || n > 0 && k-end != len(lines[0]) {
			break
		}
		lines[n], end, last = s.text[end:k], k, k
		for end < len(s.text) && strings.IndexByte("\r\n ", s.text[end]) >= 0 {
			end++
		}
		if strings.HasPrefix(s.text[end:], `\n`) {
			end += 2
		}
	}
	if zone(lines[:n]) {
		s.pii("passport_mrz", "passport", match.High, 0.98, i, last)
		s.resume = max(s.resume, last)
	}
}

// zone verifies two of the check digits of a zone: of two lines with 44 or 36 characters, or three with 30.
func zone(lines []string) bool {
	switch len(lines) {
	case 2:
		return len(lines[0]) != 30 && icao(lines[1][:10]) && icao(lines[1][13:20])
	case 3:
		return len(lines[0]) == 30 && icao(lines[0][5:15]) && icao(lines[1][:7])
	}
	return false
}
