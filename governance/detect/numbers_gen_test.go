package detect_test

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/detect"
)

// number returns a valid number of a kind, which is the name of a rule, "" when the kind is unknown. It draws digits where
// the picture of the kind has a 9, letters for A and dates for YYMMDD, until the check is satisfied.
func (m maker) number(kind string) string {
	pictures := map[string]string{
		"de_id_card": "LAAA999999", "de_pension": "99DDMMYYA999", "de_health_insurance": "A999999999", "at_svnr": "9999DDMMYY", "ch_ahv": "7569999999999", "be_national": "YYMMDD99999", "lu_matricule": "19YYMMDD99999",
		"uk_nino": "AA999999B", "ie_pps": "9999999A", "fr_insee": "1YYMM7599999999", "fr_tax_id": "1999999999999", "es_nie": "X9999999A", "es_dni": "99999999A", "pt_citizen_card": "999999999ZZ9",
		"it_codice_fiscale": "AAAAAA99A99A999A", "ro_cnp": "1YYMMDD999999", "se_personnummer": "YYMMDD9999", "no_fodselsnummer": "DDMMYY99999", "dk_cpr": "DDMMYY9999", "fi_hetu": "DDMMYY999A", "is_kennitala": "DDMMYY9999",
		"ee_isikukood": "3YYMMDD9999", "lt_asmens_kodas": "4YYMMDD9999", "lv_personas_kods": "DDMMYY99999", "pl_id_card": "AAA999999", "cz_birth_number": "YYMMDD9999", "hu_tax_id": "8999999999", "hu_personal": "1YYMMDD9999",
		"bg_egn": "YYMMDD9999", "yu_jmbg": "DDMM985999999", "gr_amka": "DDMMYY99999", "kz_iin": "YYMMDD999999", "us_ssn": "219999999", "us_itin": "999799999", "us_mbi": "1EG4TE5MK73", "us_routing": "021999999",
		"ar_cuil": "20999999999", "cl_rut": "99999999Q", "mx_curp": "AAAAYYMMDDHAAAAA99", "mx_rfc": "AAAAYYMMDDA99", "ec_cedula": "1799999999", "in_aadhaar": "999999999999", "in_pan": "AAAPA9999A", "cn_resident_id": "11010119YYMMDD9999",
		"hk_id": "A9999999", "tw_id": "A199999999", "kr_rrn": "YYMMDD1999999", "sg_nric": "S9999999A", "my_mykad": "YYMMDD149999", "th_id": "1999999999999", "id_nik": "317101DDMMYY0001", "ae_emirates_id": "78419YY99999999", "sa_id": "1999999999",
		"eg_id": "2YYMMDD9999999", "za_id": "YYMMDD9999999", "vin": "1HGCM82639A999999", "au_medicare": "2999999999", "uy_ci": "39999999",
	}
	lengths := map[string]int{
		"de_tax_id": 11, "nl_bsn": 9, "uk_nhs": 10, "uk_utr": 10, "pt_nif": 9, "pt_niss": 11, "pl_pesel": 11, "pl_nip": 10, "hu_taj": 9, "hr_oib": 11, "gr_afm": 9, "ru_snils": 11, "ru_inn": 12, "ua_tax_number": 10,
		"tr_identity": 11, "ca_sin": 9, "br_cpf": 11, "br_cnpj": 14, "br_pis": 11, "mx_nss": 11, "mx_clabe": 18, "do_cedula": 11, "jp_my_number": 12, "il_id": 9, "ir_code": 10, "au_tfn": 9, "au_abn": 11, "nz_ird": 9,
		"imei": 15, "us_npi": 10, "es_social_security": 12, "pe_ruc": 11, "co_nit": 10,
	}
	picture, ok := pictures[kind]
	if !ok && lengths[kind] == 0 {
		return ""
	}
	if !ok {
		picture = strings.Repeat("9", lengths[kind])
	}
	rule := strings.Replace(kind, "es_nie", "es_dni", 1)
	for range 200_000 {
		text := m.draw(picture)
		if text != "" && detect.ValidIdentity(rule, text) {
			return text
		}
	}
	return ""
}

// draw draws a text as a picture says.
func (m maker) draw(picture string) string {
	two := func(low, high int) string {
		n := low + m.IntN(high-low+1)
		return string(rune('0'+n/10)) + string(rune('0'+n%10))
	}
	picture = strings.Replace(strings.Replace(strings.Replace(picture, "YY", two(40, 99), 1), "MM", two(1, 12), 1), "DD", two(1, 28), 1)
	out := []byte(picture)
	for i, c := range out {
		switch c {
		case '9':
			out[i] = byte('0' + m.IntN(10))
		case 'A', 'L':
			out[i] = byte('A' + m.IntN(26))
		case 'B':
			out[i] = byte('A' + m.IntN(4))
		case 'Q':
			out[i] = "0123456789K"[m.IntN(11)]
		case 'Z':
			out[i] = "ZYXW"[m.IntN(4)]
		}
	}
	return string(out)
}
