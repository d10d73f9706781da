package detect

// Sources of what follows: the offices that the checks name, and Wikipedia's "National identification number" for labels.

// germanicIdentities are those of Germany, Austria, Switzerland, the Netherlands, Belgium, Luxembourg, Britain and Ireland.
func germanicIdentities() []identity {
	return []identity{
		{
			rule: "de_tax_id", class: "national_id", least: 11, most: 11, valid: all(germanTax), general: true,
			labels: "steuer-id,steuer id,steueridentifikationsnummer,steuer-identifikationsnummer,steuerliche identifikationsnummer,idnr,steuer-idnr,steuer-identnummer,tax identification,german tax",
		},
		{rule: "de_tax_number", class: "national_id", least: 10, most: 13, valid: digits, loose: true, labels: "steuernummer,steuer-nr,st.-nr.,steuernr"},
		{
			rule: "de_id_card", class: "national_id", least: 10, most: 10, valid: func(d string) bool { return isUpper(d[0]) && !isUpper(d[9]) && icao(d) },
			labels: "personalausweis,personalausweisnummer,ausweisnummer,ausweis-nr,ausweisnr,ausweis",
		},
		{
			rule: "de_id_card", class: "national_id", least: 9, most: 9, valid: func(d string) bool { return isUpper(d[0]) && mix(d).digit >= 4 }, loose: true,
			labels: "personalausweis,personalausweisnummer,ausweisnummer,ausweis-nr,ausweisnr",
		},
		{
			rule: "de_pension", class: "national_id", least: 12, most: 12, valid: germanPension, general: true,
			labels: "sozialversicherungsnummer,rentenversicherungsnummer,rentenversicherung,sv-nummer,versicherungsnummer,rvnr,vsnr,sv-nr",
		},
		{
			rule: "de_health_insurance", class: "health_id", least: 10, most: 10, valid: germanHealth,
			labels: "krankenversichertennummer,kvnr,krankenversicherungsnummer,versichertennummer,krankenversicherung,versicherten-nr,kv-nummer",
		},
		{
			rule: "at_svnr", class: "national_id", least: 10, most: 10, general: true, valid: all(func(d string) bool { return weighted(d, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == place(d, 3) && d[0] != '0' }),
			labels: "sozialversicherungsnummer,svnr,sv-nummer,sv-nr,versicherungsnummer,ecard",
		},
		{
			rule: "ch_ahv", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return d[:3] == "756" && ean(d) }), general: true,
			labels: "ahv,ahv-nr,ahv-nummer,avs,ahvn13,no avs,numéro avs,numero avs,sozialversicherungsnummer",
		},
		{rule: "nl_bsn", class: "national_id", least: 9, most: 9, valid: all(bsn), general: true, labels: "bsn,burgerservicenummer,sofinummer,sofi-nummer,burger service nummer,citizen service number"},
		{
			rule: "be_national", class: "national_id", least: 11, most: 11, valid: all(belgian), general: true,
			labels: "rijksregisternummer,rijksregister,numéro national,numero national,registre national,niss,insz,nrn",
		},
		{
			rule: "lu_matricule", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return between(d[:4], 1900, 2035) && between(d[4:6], 1, 12) && luhn(d[:12]) }),
			labels: "matricule,matricule national,numéro matricule,cns number",
		},
		{
			rule: "uk_nino", class: "national_id", least: 9, most: 9, valid: britishInsurance, general: true,
			labels: "nino,ni number,ni no,national insurance,nat ins",
		},
		{rule: "uk_nhs", class: "national_id", least: 10, most: 10, valid: all(nhs), labels: "nhs,nhs number,nhs no,patient,health service", general: true},
		{
			rule: "uk_utr", class: "national_id", least: 10, most: 10, valid: all(func(d string) bool { return "21987654321"[weighted(d[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11] == d[0] }),
			labels: "utr,unique taxpayer reference,unique taxpayer",
		},
		{
			rule: "uk_driving_licence", class: "driver_license", least: 16, most: 18, loose: true, valid: func(d string) bool { return mix(d[:5]).digit == 0 && digits(d[5:11]) && isUpper(d[11]) },
			labels: "driving licence,licence number,licence no,driver number,dvla",
		},
		{rule: "ie_pps", class: "national_id", least: 8, most: 9, valid: pps, general: true, labels: "pps,ppsn,pps number,pps no,uimhir psp,personal public service"},
	}
}

// germanPension verifies a German pension insurance number: the letter as two digits, and products' digits modulo 10.
func germanPension(d string) bool {
	if !shaped(d, "99999999A999") {
		return false
	}
	n := int(d[8]-'A') + 1
	var room [13]byte
	long := append(room[:0], d[:8]...)
	long = append(long, byte('0'+n/10), byte('0'+n%10))
	long = append(long, d[9:11]...)
	return folded(view(long), 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)%10 == place(d, 11)
}

// germanHealth verifies the unchangeable part of a German health insurance number.
func germanHealth(d string) bool {
	if !shaped(d, "A999999999") {
		return false
	}
	n := int(d[0]-'A') + 1
	var room [11]byte
	long := append(room[:0], byte('0'+n/10), byte('0'+n%10))
	long = append(long, d[1:9]...)
	return folded(view(long), 1, 2, 1, 2, 1, 2, 1, 2, 1, 2)%10 == place(d, 9)
}

// britishInsurance verifies the letters of a National Insurance number.
func britishInsurance(d string) bool {
	return digits(d[2:8]) && usedLetters(d[0], d[1]) && d[8] >= 'A' && d[8] <= 'D'
}

// romanceIdentities are those of France, Spain, Portugal, Italy, Romania and Moldova.
func romanceIdentities() []identity {
	return []identity{
		{
			rule: "fr_insee", class: "national_id", least: 15, most: 15, valid: frenchInsurance, general: true,
			labels: "nir,insee,numéro de sécurité sociale,sécurité sociale,securite sociale,numéro de sécu,numero de secu,sécu,carte vitale,n° ss,numéro ss,no secu",
		},
		{
			rule: "fr_insee", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return (d[0] == '1' || d[0] == '2') && between(d[3:5], 1, 12) }), loose: true,
			labels: "nir,insee,numéro de sécurité sociale,sécurité sociale,securite sociale,numéro de sécu,carte vitale",
		},
		{
			rule: "fr_tax_id", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return d[0] <= '3' && value(d[:10])%511 == value(d[10:]) }), general: true,
			labels: "numéro fiscal,numero fiscal,spi,référence fiscale,nif,no fiscal,n° fiscal",
		},
		{
			rule: "es_dni", class: "national_id", least: 9, most: 9, valid: nie, general: true,
			labels: "dni,nif,nie,documento nacional,documento de identidad,número de identificación,dni/nie,doc. identidad,número de identidad de extranjero",
		},
		{
			rule: "es_social_security", class: "national_id", least: 12, most: 12, valid: all(func(d string) bool { return value(d[:10])%97 == value(d[10:]) }),
			labels: "seguridad social,nss,nuss,número de afiliación,numero de afiliacion,naf",
		},
		{
			rule: "pt_nif", class: "national_id", least: 9, most: 9, valid: sumComplements(11, 0, 9, 8, 7, 6, 5, 4, 3, 2), general: true,
			labels: "nif,contribuinte,número de contribuinte,numero de contribuinte,nº contribuinte,número fiscal,número de identificação fiscal",
		},
		{
			rule: "pt_niss", class: "national_id", least: 11, most: 11, valid: all(func(d string) bool {
				return (d[0] == '1' || d[0] == '2') && 9-weighted(d, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2)%10 == place(d, 10)
			}),
			labels: "niss,segurança social,seguranca social,número de segurança social",
		},
		{rule: "pt_citizen_card", class: "national_id", least: 12, most: 12, valid: portugueseCard, labels: "cartão de cidadão,cartao de cidadao,cartão do cidadão,número de cidadão,cc"},
		{rule: "it_codice_fiscale", class: "national_id", least: 16, most: 16, valid: codiceFiscale, general: true, labels: "codice fiscale,codicefiscale,c.f.,cod. fiscale,cod. fisc.,cf,cod fiscale"},
		{rule: "it_id_card", class: "national_id", least: 9, most: 9, loose: true, valid: func(d string) bool { return shaped(d, "AA99999AA") || shaped(d, "AA9999999") }, labels: "carta d'identità,carta d'identita,carta di identità,numero documento"},
		{rule: "ro_cnp", class: "national_id", least: 13, most: 13, valid: all(romanian), general: true, labels: "cnp,cod numeric personal,codul numeric personal"},
		{rule: "md_idnp", class: "national_id", least: 13, most: 13, valid: sumEquals(10, 7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1), labels: "idnp"},
	}
}

// frenchInsurance verifies a French number, also of one born on Corsica.
func frenchInsurance(d string) bool {
	if d[5] != '2' || d[6] != 'A' && d[6] != 'B' {
		return digits(d) && insee(d)
	}
	minus := 1_000_000 * int('1'+d[6]-'A'-'0') // 2A counts as 19, 2B as 18
	if !digits(d[:5]) || !digits(d[7:]) {
		return false
	}
	return 97-(value(d[:5])*100_000_000+20_000_000+value(d[7:13])-minus)%97 == value(d[13:15])
}

// portugueseCard verifies a citizen card's number: as Luhn's, with letters from 10 on.
func portugueseCard(d string) bool {
	if !digits(d[:9]) || !isDigit(d[11]) {
		return false
	}
	sum := 0
	for i := range 12 {
		n := letterValue(d[i])
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// romanian verifies a personal numerical code.
func romanian(d string) bool {
	check := weighted(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if check == 10 {
		check = 1
	}
	return d[0] != '0' && dateAt(d, 1, 'y') && check == place(d, 12)
}

// northernIdentities are those of the Nordic and Baltic states.
func northernIdentities() []identity {
	return []identity{
		{
			rule: "se_personnummer", class: "national_id", least: 10, most: 12, valid: all(func(d string) bool { return len(d) != 11 && swedish(d) }), general: true,
			labels: "personnummer,personnr,pnr,samordningsnummer,person nr,pers.nr",
		},
		{
			rule: "no_fodselsnummer", class: "national_id", least: 11, most: 11, valid: all(norwegian), general: true,
			labels: "fødselsnummer,fodselsnummer,fødselsnr,fnr,personnummer,d-nummer,dnr,foedselsnummer",
		},
		{
			rule: "dk_cpr", class: "national_id", least: 10, most: 10, valid: all(func(d string) bool { return dateAt(d, 0, 'd') }), loose: true,
			labels: "cpr,cpr-nr,cpr-nummer,cpr nr,cpr number,personnummer,cprnr,cpr.nr",
		},
		{rule: "fi_hetu", class: "national_id", least: 10, most: 11, valid: finnish, general: true, labels: "henkilötunnus,hetu,henkilotunnus,personbeteckning,henkilötunnuksen,sotu"},
		{rule: "is_kennitala", class: "national_id", least: 10, most: 10, valid: all(icelandic), general: true, labels: "kennitala,kt,kt."},
		{rule: "ee_isikukood", class: "national_id", least: 11, most: 11, valid: all(baltic), general: true, labels: "isikukood,ik"},
		{rule: "lt_asmens_kodas", class: "national_id", least: 11, most: 11, valid: all(baltic), general: true, labels: "asmens kodas,asmens kodo,a.k."},
		{rule: "lv_personas_kods", class: "national_id", least: 11, most: 11, general: true, valid: all(func(d string) bool {
			return d[:2] == "32" || dateAt(d, 0, 'd') && (1101-weighted(d, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))%11%10 == place(d, 10)
		}), labels: "personas kods,personas koda,p.k."},
	}
}

// easternIdentities are those of central, eastern and south-eastern Europe.
func easternIdentities() []identity {
	return []identity{
		{rule: "pl_pesel", class: "national_id", least: 11, most: 11, valid: all(pesel), general: true, labels: "pesel,numer pesel,nr pesel"},
		{rule: "pl_nip", class: "national_id", least: 10, most: 10, valid: sumEquals(11, 6, 5, 7, 2, 3, 4, 5, 6, 7), labels: "nip,numer nip"},
		{rule: "pl_id_card", class: "national_id", least: 9, most: 9, valid: polishCard, labels: "dowód osobisty,dowod osobisty,nr dowodu,numer dowodu,dowód,seria i numer dowodu,dowodu osobistego"},
		{rule: "cz_birth_number", class: "national_id", least: 9, most: 10, valid: all(czech), general: true, labels: "rodné číslo,rodne cislo,rodného čísla,r.č.,rč,r.c.,rodné č."},
		{rule: "hu_taj", class: "national_id", least: 9, most: 9, valid: sumEquals(10, 3, 7, 3, 7, 3, 7, 3, 7), labels: "taj,taj szám,taj-szám,tajszám,taj kártya,társadalombiztosítási"},
		{
			rule: "hu_tax_id", class: "national_id", least: 10, most: 10, general: true, valid: all(func(d string) bool { return d[0] == '8' && weighted(d, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == place(d, 9) }),
			labels: "adóazonosító,adoazonosito,adóazonosító jel,adószám,adóazonosítójel",
		},
		{rule: "hu_personal", class: "national_id", least: 11, most: 11, valid: all(func(d string) bool {
			return dateAt(d, 1, 'y') && (weighted(d, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)%11 == place(d, 10) || weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == place(d, 10))
		}), labels: "személyi szám,személyi azonosító,szemelyi szam,személyi azonosító jel"},
		{rule: "bg_egn", class: "national_id", least: 10, most: 10, general: true, valid: all(func(d string) bool {
			return between(d[4:6], 1, 31) && value(d[2:4])%20 >= 1 && value(d[2:4])%20 <= 12 && weighted(d, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == place(d, 9)
		}), labels: "егн,ЕГН,egn,единен граждански номер"},
		{rule: "hr_oib", class: "national_id", least: 11, most: 11, valid: all(mod1110), general: true, labels: "oib,osobni identifikacijski broj"},
		{rule: "yu_jmbg", class: "national_id", least: 13, most: 13, valid: all(yugoslav), general: true, labels: "jmbg,emšo,emso,EMŠO,јмбг,ЈМБГ,матични број,matični broj,maticni broj,embg,ЕМБГ,единствен матичен број,jmb"},
		{rule: "si_tax_number", class: "national_id", least: 8, most: 8, valid: all(func(d string) bool {
			check := 11 - weighted(d, 8, 7, 6, 5, 4, 3, 2)%11
			return d[0] != '0' && check%10 == place(d, 7) && check != 11
		}), labels: "davčna številka,davcna stevilka,davčna št"},
		{
			rule: "gr_afm", class: "national_id", least: 9, most: 9, general: true, valid: all(func(d string) bool { return weighted(d, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == place(d, 8) }),
			labels: "αφμ,ΑΦΜ,Α.Φ.Μ.,afm",
		},
		{rule: "gr_amka", class: "national_id", least: 11, most: 11, valid: all(func(d string) bool { return dateAt(d, 0, 'd') && luhn(d) }), general: true, labels: "αμκα,ΑΜΚΑ,Α.Μ.Κ.Α.,amka"},
		{rule: "ru_snils", class: "national_id", least: 11, most: 11, valid: all(snils), general: true, labels: "снилс,СНИЛС,snils,страховой номер"},
		{rule: "ru_inn", class: "national_id", least: 12, most: 12, valid: all(inn), general: true, labels: "инн,ИНН,inn"},
		{rule: "ru_passport", class: "passport", least: 9, most: 10, valid: digits, loose: true, labels: "паспорт,Паспорт,серия и номер,загранпаспорт,паспорта,Серия и номер,passport rf"},
		{
			rule: "ua_tax_number", class: "national_id", least: 10, most: 10, general: true, valid: all(func(d string) bool { return weighted(d, -1, 5, 7, 9, 4, 6, 10, 5, 7)%11%10 == place(d, 9) }),
			labels: "рнокпп,РНОКПП,іпн,ІПН,ідентифікаційний код,ідентифікаційний номер,rnokpp,ипн",
		},
		{rule: "kz_iin", class: "national_id", least: 12, most: 12, valid: all(kazakh), general: true, labels: "иин,ИИН,жсн,ЖСН,iin"},
		{
			rule: "tr_identity", class: "national_id", least: 11, most: 11, valid: all(tckn), general: true,
			labels: "tckn,t.c. kimlik,tc kimlik,tc no,tc kimlik no,kimlik no,kimlik numarası,kimlik numarasi,kimlik numaranız,kimlik numaram,t.c. no,t.c. kimlik no,T.C. Kimlik Numarası,vatandaşlık no",
		},
	}
}

// polishCard verifies an identity card's number: three letters, a check digit and five digits.
func polishCard(d string) bool {
	if !shaped(d, "AAA999999") {
		return false
	}
	sum := 0
	for i, w := range [...]int{7, 3, 1, 9, 7, 3, 1, 7, 3} {
		sum += letterValue(d[i]) * w
	}
	return sum%10 == 0
}
