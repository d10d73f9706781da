package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// The kinds of words behind which the name of a person stands, as the index of a literal of rolePerson.
const (
	namesTitle   = iota // Mr.
	namesRole           // patient:
	namesClosing        // Regards, and a line
	namesDear           // Dear
)

// nameLiterals returns the words.
func nameLiterals() []literal {
	words := [...]string{
		namesTitle: "mr. ,mrs. ,ms. ,mr ,mrs ,ms ,dr. ,herr ,herrn ,frau ,monsieur ,madame ,mme ,señor ,señora ,sra. ,signor ,signora ,sig.ra ,mevrouw ,dhr. ,senhor ,senhora ,pani ,г-н ,г-жа ",
		namesRole: "patient:,patient name:,full name:,customer name:,client name:,employee name:,cardholder:,cardholder name:,account holder:,beneficiary:,applicant:,passenger:,insured:,next of kin:,emergency contact:," +
			"my name is ,vollständiger name:,nom complet :,nombre completo:,nome completo:,patientin:,versicherter:,contact person:,ansprechpartner:,имя:,фио:,ФИО:,姓名：,姓名:,氏名：,氏名:,성명:,name of patient:,employee:,tenant:,kontoinhaber:,titulaire :,first name:,last name:,surname:",
		namesClosing: "regards\\,\n,sincerely\\,\n,grüßen\n,grüße\n,gruß\n,cordialement\\,\n,saludos\\,\n,sinceramente\\,\n,yours truly\\,\n,atentamente\\,\n,cordiali saluti\\,\n,cheers\\,\n,best wishes\\,\n",
		namesDear:    "dear ,lieber ,liebe ,cher ,chère ,estimado ,estimada ,querido ,querida ,gentile ,caro ,cara ,beste ,geachte ",
	}
	var all []literal
	for kind, list := range words {
		list = strings.ReplaceAll(list, `\,`, "\x00")
		for text := range strings.SplitSeq(list, ",") {
			text = asciiLower(strings.ReplaceAll(text, "\x00", ","))
			plain := strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
			all = append(all, literal{text: text, role: rolePerson, index: uint16(kind), bound: isLetter(text[0]), wide: !plain})
		}
	}
	return all
}

// name looks at the capitalised words behind a word that stands from start to end.
func (s *scan) name(start, end, kind int) {
	if s.lookout&PII == 0 || kind != namesRole && s.text[start] >= 'a' && s.text[start] <= 'z' && kind != namesClosing {
		return
	}
	if kind != namesRole && start+1 < len(s.text) && isUpper(s.text[start+1]) {
		return
	}
	from := s.blank(end)
	to, words := s.properName(from)
	if to == from || stopName(s.text[from:to]) {
		return
	}
	switch kind {
	case namesDear, namesClosing:
		if words > 3 || to < len(s.text) && strings.IndexByte(",\n!", s.text[to]) < 0 && kind == namesDear || kind == namesClosing && to < len(s.text) && s.text[to] > ' ' {
			return
		}
	case namesRole:
		if to < len(s.text) && strings.IndexByte("(/:=", s.text[to]) >= 0 {
			return
		}
	}
	s.pii("person_name", "person_name", match.Low, 0.7, from, to)
}

// properName returns the end of up to four words at i that begin with capitals, and how many there are. Particles of
// names may stand between them.
func (s *scan) properName(i int) (end, words int) {
	end = i
	for j := i; words < 4; {
		r, _ := utf8.DecodeRuneInString(s.window(j, 4))
		n := strings.IndexFunc(s.window(j, 40), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '-' && r != '’' })
		if n < 0 {
			n = len(s.window(j, 40))
		}
		word := s.text[j : j+n]
		if n == 0 {
			return end, words
		}
		if !unicode.IsUpper(r) && (unicode.IsLower(r) && !particle(word) || words == 0 && particle(word)) {
			return end, words
		}
		j += n
		if !particle(word) {
			end = j
			words++
		}
		if j < len(s.text) && s.text[j] == '.' && n <= 2 { // an initial, Dr.
			j++
			end = j
		}
		if j >= len(s.text) || s.text[j] != ' ' {
			return end, words
		}
		j++
	}
	return end, words
}

// particle reports whether a word is one that stands in names in small letters.
func particle(word string) bool {
	switch word {
	case "von", "van", "de", "der", "den", "da", "di", "del", "della", "la", "le", "dos", "das", "bin", "ibn", "al", "el", "zu", "ter", "ten", "du":
		return true
	}
	return false
}

// stopName reports whether capitalised words are the name of nobody.
func stopName(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	switch strings.Trim(first, ".,") {
	case "Team", "All", "Sir", "Madam", "Customer", "Customers", "User", "Users", "Friend", "Friends", "Colleague", "Colleagues", "Everyone", "Hiring", "Community", "Members", "Member", "Support", "The", "Your",
		"Damen", "Kunde", "Kundin", "Client", "Cliente", "Clients", "Mesdames", "Messieurs", "Editor", "Reader", "Readers", "Diary", "God", "Students", "Parents", "Partner", "Partners", "Developer", "Developers", "Admin",
		"Administrator", "Guest", "None", "Unknown", "Anonymous", "Sent", "Valued", "Subscriber", "Applicant", "Candidate", "Kolleginnen", "Kollegen", "Kunden", "Is", "Not", "Yes", "No", "President", "Who", "Best", "Kind", "Pepper", "Robot", "Postman", "Resident", "Service", "Services", "Portal", "Dashboard", "Data", "String", "Required", "Optional", "Null", "Test", "Example":
		return true
	}
	return strings.Contains(text, "n't") || strings.HasSuffix(text, "Team") || strings.HasSuffix(text, "Support") || len(text) < 2 || strings.ToUpper(text) == text && len(text) > 3 && strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// memberKind says what personal data the name of a member announces that has no form of its own.
type memberKind uint8

const (
	noMember memberKind = iota
	aName
	anAddress
	aCoordinate
)

// memberOf judges the name of a member.
func memberOf(key string) memberKind {
	var room [longestKey]byte
	plain := view(letters(room[:0], key))
	switch {
	case len(plain) < 3:
		return noMember
	case endsInWord(plain, "firstname lastname fullname givenname familyname surname middlename maidenname patientname cardholder cardholdername accountholder accountholdername beneficiaryname employeename "+
		"vorname nachname prenom nomcomplet apellido apellidos nombrecompleto cognome nomecompleto legalname nameoncard contactperson mothersname fathersname patient spousename nextofkin"):
		return aName
	case endsInWord(plain, "address street streetaddress addressline addressone homeaddress billingaddress shippingaddress mailingaddress residence strasse adresse direccion indirizzo endereco postaladdress domicile streetline addr"):
		return anAddress
	case endsInWord(plain, "latitude longitude lat lng lon"):
		return aCoordinate
	}
	return noMember
}

// personalMember looks at a whole text that stands under the name of a member that says it is a person's name or address.
func (s *scan) personalMember() {
	if s.lookout&PII == 0 || len(s.text) < 2 || len(s.text) > 160 {
		return
	}
	switch s.facts().member {
	case aName:
		to, words := s.properName(0)
		if to == len(s.text) && words > 0 && !stopName(s.text) {
			s.pii("person_name", "person_name", match.Low, 0.7, 0, to)
		}
	case anAddress:
		if m := mix(s.text); m.digit > 0 && m.lower > 2 && strings.Contains(s.text, " ") && !strings.ContainsAny(s.text, "@<>{}=[]\\") && !strings.Contains(s.text, "://") && strings.Count(s.text, ".") < 5 {
			s.pii("street_address", "street_address", match.Medium, 0.75, 0, len(s.text))
		}
	case aCoordinate:
		if n := strings.IndexByte(s.text, '.'); n > 0 && len(s.text)-n > 5 && len(s.text) < 24 && strings.Trim(s.text, "-0123456789.") == "" {
			s.pii("coordinate", "location", match.Low, 0.6, 0, len(s.text))
		}
	default:
	}
}
