package detect

import (
	"strings"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// The kinds of labels behind which something personal may stand that does not tell itself.
const (
	labelBirth = iota
	labelPassport
	labelLicence
	labelBitcoin
	labelZone
)

// labelLiterals returns the labels.
func labelLiterals() []literal {
	words := map[int]string{
		labelBirth: "date of birth,dateofbirth,dob,d.o.b.,d.o.b,birthdate,birth date,birthday,birth day,birth_dt,geburtsdatum,geburtstag,geboren am,geb. am,geb.,geboren,born on,born,date de naissance,né le,née le,né(e) le,naissance,fecha de nacimiento," +
			"fechanacimiento,nacido el,nacida el,f. nac.,de nacimiento,data de nascimento,nascido em,nascida em,nascimento,data di nascita,nato il,nato a,nata a,nata il,nascita,geboortedatum,geb.datum,geboren op,data urodzenia,urodzony,urodzona,ur.,födelsedatum,född," +
			"fødselsdato,født,syntymäaika,syntynyt,дата рождения,Дата рождения,дата на раждане,дата народження,родился,родилась,datum narození,dátum narodenia,narozen,narozena,doğum tarihi,Doğum tarihi,datum rođenja,rođen,születési dátum,született," +
			"data nașterii,născut,ημερομηνία γέννησης,出生日期,出生年月日,生日,生年月日,생년월일,생일,تاريخ الميلاد,תאריך לידה,जन्म तिथि,วันเกิด,ngày sinh,tanggal lahir,tgl lahir,tarikh lahir",
		labelPassport: "passport,reisepass,passnummer,pass-nr,passeport,pasaporte,passaporto,passaporte,paszport,paspoort,paspoortnummer,pasnummer,cestovní pas,číslo pasu,útlevél,pașaport,pasaport,護照,护照,旅券,パスポート,여권,загранпаспорт,جواز السفر,דרכון,hộ chiếu,paspor",
		labelLicence: "driver's license,drivers license,driver license,driving licence,driving license,drivers licence,driver's licence,license number,licence number,dl number,dl no,dl#,führerschein,führerscheinnummer,fuehrerschein," +
			"permis de conduire,numéro de permis,permiso de conducir,licencia de conducir,patente di guida,carta de condução,rijbewijs,rijbewijsnummer,prawo jazdy,körkort,førerkort,ajokortti,водительское удостоверение,права,驾照,驾驶证,運転免許証,운전면허",
		labelBitcoin: "bitcoin,btc",
	}
	var literals []literal
	for kind := labelBirth; kind <= labelBitcoin; kind++ {
		for text := range strings.SplitSeq(words[kind], ",") {
			text = asciiLower(text)
			wide := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0
			literals = append(literals, literal{text: text, role: roleLabel, index: uint16(kind), wide: wide, joint: true})
		}
	}
	literals = append(literals, literal{text: "P<", role: roleLabel, index: labelZone, exact: true}, literal{text: "I<", role: roleLabel, index: labelZone, exact: true})
	return literals
}

// label looks at what follows a label that stands from start to end.
func (s *scan) label(start, end, kind int) {
	switch {
	case s.lookout&PII == 0:
	case kind == labelZone:
		s.machineReadable(start)
	case !labelled(s.text, start, end):
	case kind == labelBirth:
		s.birth(end)
	default:
		for range 4 {
			end = s.skipMarks(end)
			if end >= len(s.text) || s.personalValue(kind, end) {
				return
			}
			n := s.plainWord(end)
			if n == 0 {
				return
			}
			end += n
		}
	}
}

// personalValue judges the value at from of a label of a kind, and reports whether it is one.
func (s *scan) personalValue(kind, from int) bool {
	text := s.window(from, 40)
	n := alnumSet.span(text, len(text))
	m := mix(text[:n])
	switch kind {
	case labelBirth:
		s.birth(from)
	case labelPassport:
		if n == 2 && isUpper(text[0]) && len(text) > 9 && text[2] == ' ' { // AB 1234567
			n += 1 + alnumSet.span(text[3:], 10)
			m = mix(text[:n])
		}
		if n >= 6 && n <= 10 && m.digit >= 5 && m.lower == 0 && m.upper <= 4 || n == 9 && m.digit >= 3 && m.lower == 0 && isUpper(text[0]) {
			s.pii("passport", "passport", match.High, 0.9, from, from+n)
			return true
		}
	case labelLicence:
		if n = urlSet.span(text, len(text)); n >= 6 && n <= 20 && mix(text[:n]).digit >= 4 && mix(text[:n]).lower == 0 && !isUUID(text[:n]) && numericDate(text) == 0 {
			s.pii("driver_license", "driver_license", match.High, 0.8, from, from+n)
			return true
		}
	case labelBitcoin:
		if n >= 26 && (text[0] == '1' || text[0] == '3') {
			s.wallet(from)
		}
	}
	return false
}

// street looks at a word for a street that stands from start to end, for a number and capitalised words before it and a
// place behind it: 221 Baker Street, London NW1.
func (s *scan) street(start, end int) {
	if s.lookout&PII == 0 || s.wordAt(end) {
		return
	}
	line := s.before(start, 40)
	i, words := len(line), 0
	for i > 0 && words < 4 {
		k := strings.LastIndexByte(strings.TrimRight(line[:i], " "), ' ') + 1
		w := strings.Trim(line[k:i], " .")
		if w == "" {
			return
		}
		if isDigit(w[0]) && len(w) <= 6 && words > 0 {
			s.housed(start-len(line)+k, end)
			return
		}
		if !isUpper(w[0]) {
			return
		}
		i = k
		words++
	}
}

// housed reports an address whose street is known, if a place follows it: a comma or a line and then a capital, with a
// number somewhere.
func (s *scan) housed(start, end int) {
	rest := s.window(end, 64)
	trimmed := strings.TrimLeft(rest, "., \n")
	if len(trimmed) == len(rest) || trimmed == "" {
		return
	}
	n := 0
	for n < len(trimmed) && (isWord(trimmed[n]) || strings.IndexByte(" ,.#-\n", trimmed[n]) >= 0) && !strings.HasPrefix(trimmed[n:], "\n\n") {
		n++
	}
	place := trimmed[:n]
	digit := strings.IndexAny(place, "0123456789")
	if place == "" || !isUpper(place[0]) && !isDigit(place[0]) && !strings.HasPrefix(place, "apt") || digit < 0 {
		return
	}
	to := end + len(rest) - len(trimmed) + digit
	for to < len(s.text) && isWord(s.text[to]) {
		to++
	}
	s.pii("street_address", "street_address", match.Medium, 0.8, start, to)
}
