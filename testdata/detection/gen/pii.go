package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// An identifier is a class of personal number: the words that stand before it where it is used, how many records it has, and
// how one is made with valid check digits.
type identifier struct {
	class string
	label string
	count int
	make  func(d dice) string
}

// identifiers lists the national numbers.
func identifiers() []identifier {
	return []identifier{
		{"us_ssn", "SSN", 10, ssn},
		{"us_itin", "ITIN", 3, itin},
		{"uk_nino", "NI number", 4, nino},
		{"uk_nhs", "NHS No.", 4, nhs},
		{"ca_sin", "SIN", 4, sin},
		{"au_tfn", "TFN", 3, tfn},
		{"au_medicare", "Medicare no.", 3, medicare},
		{"in_aadhaar", "Aadhaar", 4, aadhaar},
		{"in_pan", "PAN", 3, pan},
		{"br_cpf", "CPF", 5, cpf},
		{"de_tax_id", "Steuer-ID", 4, steuerID},
		{"fr_nir", "N° de sécurité sociale", 4, nir},
		{"es_dni", "DNI", 4, dni},
		{"es_nie", "NIE", 3, nie},
		{"it_codice_fiscale", "Codice fiscale", 4, codiceFiscale},
		{"nl_bsn", "BSN", 3, bsn},
		{"be_rrn", "Rijksregisternummer", 3, belgian},
		{"pl_pesel", "PESEL", 4, pesel},
		{"se_personnummer", "Personnummer", 3, personnummer},
		{"no_fnr", "Fødselsnummer", 3, fodselsnummer},
		{"fi_hetu", "Henkilötunnus", 3, hetu},
		{"dk_cpr", "CPR-nr.", 3, cpr},
		{"ch_ahv", "AHV-Nr.", 3, ahv},
		{"ro_cnp", "CNP", 3, cnp},
		{"bg_egn", "ЕГН", 2, egn},
		{"cz_rc", "rodné číslo", 3, rodneCislo},
		{"tr_tckn", "T.C. Kimlik No", 3, tckn},
		{"za_id", "RSA ID number", 3, southAfrican},
		{"cn_rin", "身份证号", 4, chinese},
		{"kr_rrn", "주민등록번호", 3, korean},
		{"jp_mynumber", "マイナンバー", 3, myNumber},
		{"sg_nric", "NRIC", 3, nric},
		{"hk_hkid", "HKID", 3, hkid},
		{"tw_id", "國民身分證", 2, taiwanese},
		{"mx_curp", "CURP", 3, curp},
		{"ar_cuit", "CUIT", 2, cuit},
		{"cl_rut", "RUT", 3, rut},
		{"passport_mrz", "MRZ", 3, mrz},
		{"uk_driving_licence", "Driving licence", 2, drivingLicence},
		{"us_bank_account", "Routing / account", 3, func(d dice) string { return routing(d) + " / " + d.str(10, digits) }},
	}
}

// piiSet puts personal data into carriers written by hand, and adds what only looks like it.
func piiSet(hand string) ([]record, error) {
	d := newDice("pii")
	carriers, err := readBlocks(hand, "pii_carriers.txt")
	if err != nil {
		return nil, err
	}
	var records []record
	at := 0
	add := func(class, label, value string) error {
		r, err := carry(carriers[at%len(carriers)], class, label, value)
		at++
		records = append(records, r)
		return err
	}
	for _, id := range identifiers() {
		for range id.count {
			if err := add(id.class, id.label, id.make(d)); err != nil {
				return nil, err
			}
		}
	}
	if err := addCards(d, add); err != nil {
		return nil, err
	}
	for _, name := range []string{"pii_mixed.txt", "pii_negative.txt"} {
		more, err := filledFile(d, hand, name)
		if err != nil {
			return nil, err
		}
		records = append(records, more...)
	}
	more, err := excerpts(hand, usePII)
	return append(records, more...), err
}

// carry puts one value with its label into a carrier.
func carry(b block, class, label, value string) (record, error) {
	quote := func(text string) string {
		if !b.has("json") {
			return text
		}
		quoted, _ := json.Marshal(text)
		return string(quoted[1 : len(quoted)-1])
	}
	b.body = strings.NewReplacer("{{S}}", quote(value), "{{L}}", quote(label)).Replace(b.body)
	r, err := b.record()
	r.Expect.Classes, r.Expect.Spans, r.Expect.Origin = []string{class}, strings.Split(value, " / "), "generated"
	return r, err
}

// addCards adds payment cards of each network and account numbers of many countries.
func addCards(d dice, add func(class, label, value string) error) error {
	for i, c := range []struct {
		prefix string
		n      int
	}{{"4", 16}, {"52", 16}, {"2223", 16}, {"37", 15}, {"34", 15}, {"6011", 16}, {"3530", 16}, {"36", 14}, {"6212", 16}, {"4", 16}, {"55", 16}, {"65", 16}} {
		for _, sep := range []string{"", " ", "-"} {
			if err := add("credit_card", []string{"Card", "card_number", "PAN", "Kreditkarte", "Tarjeta"}[i%5], card(d, c.prefix, c.n, sep)); err != nil {
				return err
			}
		}
	}
	for i, c := range strings.Fields("DE:nnnnnnnnnnnnnnnnnn FR:nnnnnnnnnnnnnnnnnnnnnnn GB:aaaannnnnnnnnnnnnn NL:aaaannnnnnnnnn ES:nnnnnnnnnnnnnnnnnnnn " +
		"IT:annnnnnnnnnnnnnnnnnnnnn BE:nnnnnnnnnnnn AT:nnnnnnnnnnnnnnnn CH:nnnnnnnnnnnnnnnnn PL:nnnnnnnnnnnnnnnnnnnnnnnn SE:nnnnnnnnnnnnnnnnnnnn " +
		"NO:nnnnnnnnnnn DK:nnnnnnnnnnnnnn FI:nnnnnnnnnnnnnn IE:aaaannnnnnnnnnnnnn PT:nnnnnnnnnnnnnnnnnnnnn GR:nnnnnnnnnnnnnnnnnnnnnnn " +
		"CZ:nnnnnnnnnnnnnnnnnnnn HU:nnnnnnnnnnnnnnnnnnnnnnnn RO:aaaannnnnnnnnnnnnnnn TR:nnnnn0nnnnnnnnnnnnnnnn SA:nnnnnnnnnnnnnnnnnnnn " +
		"AE:nnnnnnnnnnnnnnnnnnn IL:nnnnnnnnnnnnnnnnnnn UA:nnnnnnnnnnnnnnnnnnnnnnnnn EE:nnnnnnnnnnnnnnnn LT:nnnnnnnnnnnnnnnn HR:nnnnnnnnnnnnnnnnn") {
		country, shape, _ := strings.Cut(c, ":")
		if err := add("iban", []string{"IBAN", "account", "Konto", "Compte"}[i%4], iban(d, country, shape, i%2 == 0)); err != nil {
			return err
		}
	}
	return nil
}

// filledFile reads a file of blocks in whose bodies <<class|text>> marks personal data and {{~name}} stands for random parts.
func filledFile(d dice, hand, name string) ([]record, error) {
	blocks, err := readBlocks(hand, name)
	if err != nil {
		return nil, err
	}
	var records []record
	for _, b := range blocks {
		filled, err := fill(d, b, "", "")
		if err != nil {
			return nil, err
		}
		for i := range filled {
			if err := unmark(&filled[i]); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", b.file, b.line, err)
			}
		}
		records = append(records, filled...)
	}
	return records, nil
}

// unmark takes the marks out of a record's value and writes what they say into its label.
func unmark(r *record) error {
	mark := regexp.MustCompile(`<<([a-z_]+)\|(.*?)>>`)
	text, isString := r.Value.(string)
	raw, isJSON := r.Value.(json.RawMessage)
	if isJSON {
		text = string(raw)
	} else if !isString {
		return fmt.Errorf("marks in a %T", r.Value)
	}
	for _, m := range mark.FindAllStringSubmatch(text, -1) {
		span := m[2]
		if isJSON {
			if err := json.Unmarshal([]byte(`"`+m[2]+`"`), &span); err != nil {
				return err
			}
		}
		r.Expect.Spans = append(r.Expect.Spans, span)
		if !strings.Contains(" "+strings.Join(r.Expect.Classes, " ")+" ", " "+m[1]+" ") {
			r.Expect.Classes = append(r.Expect.Classes, m[1])
		}
	}
	text = mark.ReplaceAllString(text, "$2")
	if r.Value = any(text); isJSON {
		r.Value = json.RawMessage(text)
	}
	return nil
}
