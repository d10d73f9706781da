package detect

// americanIdentities are those of the United States and Canada.
func americanIdentities() []identity {
	return []identity{
		{rule: "us_ssn", class: "ssn", least: 9, most: 9, valid: all(validSSN), general: true, labels: "ssn,social security,social security number,soc sec,ss#,social sec,s.s.n."},
		{
			rule: "us_itin", class: "ssn", least: 9, most: 9, valid: all(func(d string) bool { return d[0] == '9' && (between(d[3:5], 50, 65) || between(d[3:5], 70, 99)) }), general: true,
			labels: "itin,individual taxpayer,ssn",
		},
		{rule: "us_ein", class: "national_id", least: 9, most: 9, valid: all(func(d string) bool { return d[:2] != "00" }), loose: true, labels: "ein,employer identification,fein,employer id"},
		{rule: "us_mbi", class: "health_id", least: 11, most: 11, valid: func(d string) bool {
			return d[0] >= '1' && d[0] <= '9' && isUpper(d[1]) && isDigit(d[3]) && isUpper(d[4]) && isDigit(d[6]) && isUpper(d[7]) && isUpper(d[8]) && digits(d[9:])
		}, labels: "mbi,medicare,medicare beneficiary,medicare number,medicare id,beneficiary"},
		{rule: "us_npi", class: "health_id", least: 10, most: 10, valid: all(func(d string) bool { return luhn("80840" + d) }), labels: "npi,national provider"},
		{rule: "us_dea", class: "health_id", least: 9, most: 9, valid: func(d string) bool {
			return digits(d[2:]) && isUpper(d[0]) && (place(d, 2)+place(d, 4)+place(d, 6)+2*(place(d, 3)+place(d, 5)+place(d, 7)))%10 == place(d, 8)
		}, labels: "dea,dea number,dea no,dea registration"},
		{rule: "us_routing", class: "bank_account", least: 9, most: 9, valid: all(routing), labels: "routing,routing number,routing no,aba,aba number,rtn,aba/rtn,routing transit,ach routing,aba routing,wire routing"},
		{
			rule: "ca_sin", class: "national_id", least: 9, most: 9, valid: all(func(d string) bool { return d[0] != '0' && luhn(d) || luhn(d) }), general: true,
			labels: "sin,social insurance,numéro d'assurance sociale,nas,assurance sociale",
		},
		{rule: "ca_health", class: "health_id", least: 10, most: 10, valid: all(luhn), labels: "ohip,health card,health card number,healthcard,health number,phn,personal health number"},
		{rule: "ca_ramq", class: "health_id", least: 12, most: 12, valid: func(d string) bool { return shaped(d, "AAAA99999999") }, labels: "ramq,assurance maladie,nam,carte soleil"},
	}
}

// latinIdentities are those of Latin America.
func latinIdentities() []identity {
	dni := "dni,documento,documento nacional"
	cedula := "cédula,cedula,cédula de ciudadanía,cedula de ciudadania,cédula de identidad,cedula de identidad,c.i.,ci"
	return []identity{
		{rule: "br_cpf", class: "national_id", least: 11, most: 11, valid: all(cpf), general: true, labels: "cpf,cadastro de pessoas físicas,cpf/mf"},
		{rule: "br_cnpj", class: "national_id", least: 14, most: 14, valid: all(cnpj), labels: "cnpj"},
		{rule: "br_pis", class: "national_id", least: 11, most: 11, valid: sumComplements(11, 0, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), labels: "pis,pasep,nis,nit,pis/pasep"},
		{rule: "br_rg", class: "national_id", least: 8, most: 10, valid: func(d string) bool { return digits(d[:len(d)-1]) }, loose: true, labels: "rg,registro geral,carteira de identidade"},
		{rule: "br_cnh", class: "driver_license", least: 11, most: 11, valid: digits, loose: true, labels: "cnh,carteira de motorista,carteira nacional de habilitação,registro cnh"},
		{rule: "br_voter", class: "national_id", least: 12, most: 12, valid: digits, loose: true, labels: "título de eleitor,titulo de eleitor,título eleitoral"},
		{rule: "br_health", class: "health_id", least: 15, most: 15, valid: all(func(d string) bool { return weighted(d, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }), labels: "cns,cartão sus,cartao sus,cartão nacional de saúde"},
		{rule: "ar_cuil", class: "national_id", least: 11, most: 11, valid: sumComplements(11, 9, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), general: true, labels: "cuil,cuit,cuil/cuit,cuit/cuil"},
		{rule: "ar_dni", class: "national_id", least: 7, most: 8, valid: digits, loose: true, labels: dni},
		{rule: "cl_rut", class: "national_id", least: 8, most: 9, valid: rut, general: true, labels: "rut,r.u.t.,rol único tributario,rol unico"},
		{rule: "mx_curp", class: "national_id", least: 18, most: 18, valid: curp, general: true, labels: "curp,clave única,clave unica de registro"},
		{rule: "mx_rfc", class: "national_id", least: 12, most: 13, valid: func(d string) bool {
			return (shaped(d, "AAAA999999***") && dateAt(d, 4, 'y') || shaped(d, "AAA999999***") && dateAt(d, 3, 'y'))
		}, labels: "rfc,registro federal,r.f.c."},
		{rule: "mx_nss", class: "national_id", least: 11, most: 11, valid: all(luhn), labels: "nss,imss,número de seguridad social,seguro social"},
		{rule: "mx_voter", class: "national_id", least: 18, most: 18, valid: func(d string) bool { return shaped(d, "AAAAAA99999999A999") }, labels: "clave de elector,ine,credencial de elector"},
		{rule: "mx_clabe", class: "bank_account", least: 18, most: 18, valid: all(mexicanBank), labels: "clabe,clabe interbancaria,cuenta clabe"},
		{rule: "ec_cedula", class: "national_id", least: 10, most: 10, valid: all(ecuadorian), labels: cedula},
		{rule: "do_cedula", class: "national_id", least: 11, most: 11, valid: all(luhn), labels: cedula},
		{rule: "uy_ci", class: "national_id", least: 8, most: 8, valid: sumComplements(10, 0, 2, 9, 8, 7, 6, 3, 4), labels: cedula},
		{rule: "co_cedula", class: "national_id", least: 6, most: 10, valid: digits, loose: true, labels: "cédula,cedula,cédula de ciudadanía,cedula de ciudadania,c.c.,nuip"},
		{rule: "ve_cedula", class: "national_id", least: 7, most: 9, valid: func(d string) bool { return (d[0] == 'V' || d[0] == 'E') && digits(d[1:]) }, loose: true, labels: cedula},
		{rule: "pe_ruc", class: "national_id", least: 11, most: 11, valid: sumComplements(11, 0, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), labels: "ruc"},
		{rule: "gt_cui", class: "national_id", least: 13, most: 13, valid: digits, loose: true, labels: "dpi,cui"},
		{rule: "co_nit", class: "national_id", least: 10, most: 10, valid: all(colombian), labels: "nit"},
	}
}

// mexicanBank verifies a CLABE (Asociación de Bancos de México).
func mexicanBank(d string) bool {
	sum := 0
	for i := range 17 {
		sum += place(d, i) * [...]int{3, 7, 1}[i%3] % 10
	}
	return (10-sum%10)%10 == place(d, 17)
}

// colombian verifies a tax number (DIAN).
func colombian(d string) bool {
	r := weighted(d, 41, 37, 29, 23, 19, 17, 13, 7, 3) % 11
	if r > 1 {
		r = 11 - r
	}
	return r == place(d, 9)
}

// asianIdentities are those of Asia.
func asianIdentities() []identity {
	return []identity{
		{
			rule: "in_aadhaar", class: "national_id", least: 12, most: 12, valid: all(func(d string) bool { return d[0] >= '2' && verhoeff(d) }), general: true,
			labels: "aadhaar,aadhar,uidai,adhaar,आधार,aadhaar number,uid number",
		},
		{
			rule: "in_pan", class: "national_id", least: 10, most: 10, valid: func(d string) bool { return shaped(d, "AAAAA9999A") && indianHolder(d[3]) }, general: true,
			labels: "pan,pan card,pan number,pan no,permanent account number,पैन",
		},
		{rule: "in_voter", class: "national_id", least: 10, most: 10, valid: func(d string) bool { return shaped(d, "AAA9999999") }, labels: "voter id,epic,epic no,voter card"},
		{rule: "in_ifsc", class: "bank_account", least: 11, most: 11, valid: func(d string) bool { return shaped(d, "AAAA9******") && d[4] == '0' }, labels: "ifsc,ifsc code"},
		{rule: "pk_cnic", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return d[0] >= '1' && d[0] <= '7' }), loose: true, labels: "cnic,nicop,شناختی کارڈ,nadra"},
		{rule: "bd_nid", class: "national_id", least: 10, most: 17, valid: all(func(d string) bool { return len(d) == 10 || len(d) == 13 || len(d) == 17 }), loose: true, labels: "nid,nid no,nid number,জাতীয় পরিচয়পত্র"},
		{rule: "lk_nic", class: "national_id", least: 10, most: 12, valid: func(d string) bool {
			return len(d) == 12 && digits(d) || len(d) == 10 && digits(d[:9]) && (d[9] == 'V' || d[9] == 'X')
		}, loose: true, labels: "nic,nic no,nic number"},
		{
			rule: "cn_resident_id", class: "national_id", least: 18, most: 18, valid: func(d string) bool { return digits(d[:17]) && chinese(d[:17+chineseDigit(d)], d[17:]) }, general: true,
			labels: "身份证,身份证号,身份证号码,居民身份证,公民身份号码,身份證,resident identity,resident id",
		},
		{rule: "hk_id", class: "national_id", least: 8, most: 9, valid: hongKong, general: true, labels: "hkid,hk id,hong kong identity,hong kong id,身份證,香港身份證,身份證號碼,hkic"},
		{rule: "tw_id", class: "national_id", least: 10, most: 10, valid: taiwanese, general: true, labels: "身分證,身分證字號,國民身分證,身份證字號,taiwan id,統一編號,身分證號"},
		{rule: "kr_rrn", class: "national_id", least: 13, most: 13, valid: all(korean), loose: true, labels: "주민등록번호,주민번호,rrn,resident registration,외국인등록번호,주민등록"},
		{rule: "jp_my_number", class: "national_id", least: 12, most: 12, valid: all(japanese), general: true, labels: "マイナンバー,個人番号,my number,mynumber,マイナンバーカード"},
		{rule: "sg_nric", class: "national_id", least: 9, most: 9, valid: singaporean, general: true, labels: "nric,fin,fin no,nric/fin,nric no,singapore id"},
		{rule: "my_mykad", class: "national_id", least: 12, most: 12, valid: all(func(d string) bool { return dateAt(d, 0, 'y') }), loose: true, labels: "mykad,no. kp,no kp,kad pengenalan,ic no,ic number,nric,nombor kad pengenalan,no. ic,nokp"},
		{rule: "th_id", class: "national_id", least: 13, most: 13, valid: all(thai), general: true, labels: "เลขประจำตัวประชาชน,เลขบัตรประชาชน,บัตรประชาชน,thai id,thai national,เลขประจำตัว,หมายเลขบัตรประชาชน"},
		{rule: "id_nik", class: "national_id", least: 16, most: 16, valid: all(nik), loose: true, labels: "nik,ktp,nomor induk kependudukan,no. ktp,no ktp,nomor ktp"},
		{rule: "vn_cccd", class: "national_id", least: 9, most: 12, valid: all(func(d string) bool { return len(d) == 9 || len(d) == 12 && d[0] == '0' }), loose: true, labels: "cccd,cmnd,căn cước,căn cước công dân,số cccd,chứng minh nhân dân"},
		{rule: "ph_number", class: "national_id", least: 9, most: 16, valid: all(func(d string) bool { return len(d) == 9 || len(d) == 10 || len(d) == 12 || len(d) == 16 }), loose: true, labels: "philsys,sss no,sss number,umid,philhealth,philid,sss"},
		{rule: "il_id", class: "national_id", least: 9, most: 9, valid: all(luhn), general: true, labels: "תעודת זהות,ת.ז,ת״ז,ת\"ז,teudat zehut,israeli id,מספר זהות,ת.ז."},
		{rule: "ae_emirates_id", class: "national_id", least: 15, most: 15, valid: all(func(d string) bool { return d[:3] == "784" && between(d[3:7], 1900, 2035) }), general: true, labels: "emirates id,eid,رقم الهوية,الهوية الإماراتية,هوية"},
		{rule: "sa_id", class: "national_id", least: 10, most: 10, valid: all(func(d string) bool { return (d[0] == '1' || d[0] == '2') && luhn(d) }), general: true, labels: "iqama,رقم الهوية,الهوية الوطنية,هوية,saudi id,إقامة,رقم الإقامة"},
		{rule: "eg_id", class: "national_id", least: 14, most: 14, valid: all(func(d string) bool { return (d[0] == '2' || d[0] == '3') && dateAt(d, 1, 'y') }), general: true, labels: "الرقم القومي,رقم قومي,egyptian id,رقم البطاقة"},
		{rule: "ir_code", class: "national_id", least: 10, most: 10, valid: all(iranian), labels: "کد ملی,code melli,کدملی,melli code,کد ملي"},
	}
}

// chineseDigit returns 1 when the last place is a digit.
func chineseDigit(d string) int {
	if isDigit(d[17]) {
		return 1
	}
	return 0
}

// indianHolder reports whether a letter is that of a kind of holder of a PAN.
func indianHolder(c byte) bool {
	switch c {
	case 'P', 'C', 'H', 'F', 'A', 'T', 'B', 'L', 'J', 'G', 'K':
		return true
	}
	return false
}

// pacificIdentities are those of Australia, New Zealand and Africa.
func pacificIdentities() []identity {
	return []identity{
		{rule: "au_tfn", class: "national_id", least: 9, most: 9, valid: all(func(d string) bool { return weighted(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }), general: true, labels: "tfn,tax file number,tax file no"},
		{
			rule: "au_medicare", class: "health_id", least: 10, most: 11, valid: all(func(d string) bool {
				return d[0] >= '2' && d[0] <= '6' && weighted(d, 1, 3, 7, 9, 1, 3, 7, 9)%10 == place(d, 8)
			}),
			labels: "medicare,medicare number,medicare card,medicare no",
		},
		{rule: "au_abn", class: "national_id", least: 11, most: 11, valid: all(func(d string) bool { return (weighted(d, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0 }), labels: "abn,australian business number"},
		{rule: "au_bsb", class: "bank_account", least: 6, most: 6, valid: digits, loose: true, labels: "bsb,bsb number"},
		{rule: "nz_ird", class: "national_id", least: 8, most: 9, valid: all(newZealand), general: true, labels: "ird,ird number,ird no,inland revenue"},
		{rule: "nz_nhi", class: "health_id", least: 7, most: 7, valid: func(d string) bool { return shaped(d, "AAA9999") || shaped(d, "AAA99A9") || shaped(d, "AAA99AA") }, loose: true, labels: "nhi,nhi number"},
		{rule: "za_id", class: "national_id", least: 13, most: 13, valid: all(func(d string) bool { return luhn(d) && dateAt(d, 0, 'y') }), general: true, labels: "south african id,rsa id,sa id,id nommer,identiteitsnommer,id-nommer,south africa"},
		{rule: "ng_nin", class: "national_id", least: 11, most: 11, valid: digits, loose: true, labels: "nin,bvn,national identification number"},
		{rule: "ke_id", class: "national_id", least: 11, most: 11, loose: true, valid: func(d string) bool { return shaped(d, "A999999999A") }, labels: "kra pin,kra"},
		{rule: "gh_card", class: "national_id", least: 13, most: 13, loose: true, valid: func(d string) bool { return d[:3] == "GHA" && digits(d[3:]) }, labels: "ghana card"},
	}
}

// newZealand verifies an IRD number (Inland Revenue, "Resident withholding tax specification").
func newZealand(d string) bool {
	if len(d) == 8 {
		d = "0" + d
	}
	check := (11 - weighted(d, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if check == 10 {
		check = (11 - weighted(d, 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11
	}
	return check == place(d, 8)
}

// otherIdentities are those of banks, makers and hospitals.
func otherIdentities() []identity {
	return []identity{
		{rule: "uk_sort_code", class: "bank_account", least: 6, most: 6, valid: digits, loose: true, labels: "sort code,sort-code,bank sort"},
		{
			rule: "bank_account", class: "bank_account", least: 6, most: 17, valid: digits, loose: true,
			labels: "bank account,bank account number,checking account,savings account,chequing account,kontonummer,konto-nr,kontonr,bankkonto,numéro de compte,numero de compte,compte bancaire,número de cuenta,cuenta bancaria," +
				"numero de cuenta,conta bancária,conta corrente,conto corrente,rekeningnummer,numer konta,номер счета,расчетный счет,银行账号,银行卡号,口座番号,계좌번호,account and routing,ach account,deposit account",
		},
		{
			rule: "bank_account", class: "bank_account", least: 6, most: 17, valid: digits, loose: true, context: "routing,aba,sort code,bank,iban,swift,ach,wire,checking,savings,bsb,deposit,transfer,ifsc",
			labels: "checking,savings,account number,account no,acct,acct no,account num,a/c,a/c no,account #,acct number",
		},
		{rule: "mac_address", class: "device_id", least: 12, most: 12, valid: func(d string) bool { return hexSet.span(d, 12) == 12 }, loose: true, labels: "mac address,mac addr,hwaddr,bssid,mac,link/ether"},
		{
			rule: "bic", class: "bank_account", least: 8, most: 11, valid: func(d string) bool {
				return len(d) != 9 && len(d) != 10 && mix(d[:6]).upper == 6 && ibanLength(d[4:6])+bankCountry(d[4:6]) > 0
			}, loose: true,
			labels: "bic,swift code,bic code,swift/bic,bic/swift,bic-code,swift-code",
		},
		{
			rule: "phone_labelled", class: "phone", least: 9, most: 12, valid: digits, loose: true,
			labels: "phone,phone number,mobile number,cell phone,telephone,handynummer,telefonnummer,mobilnummer,numéro de téléphone,teléfono,móvil,telefone,celular,cellulare,手机号,手机,电话,电话号码,手机号码,携帯,電話番号,전화번호,휴대폰,телефон,номер телефона,tel no,contact number,mobile no",
		},
		{rule: "imei", class: "device_id", least: 15, most: 15, valid: all(luhn), labels: "imei,imei number,imei no,imei1,imei2"},
		{rule: "iccid", class: "device_id", least: 19, most: 20, valid: all(func(d string) bool { return d[:2] == "89" && luhn(d) }), labels: "iccid,sim card,sim number"},
		{rule: "vin", class: "vehicle", least: 17, most: 17, valid: vin, labels: "vin,vehicle identification,chassis,chassis no,fahrgestellnummer,fahrzeug-identifizierungsnummer,fin,numéro de châssis,bastidor,telaio"},
		{
			rule: "vehicle_plate", class: "vehicle", least: 4, most: 9, valid: func(d string) bool { m := mix(d); return m.digit > 0 && m.upper > 0 }, loose: true,
			labels: "license plate,licence plate,number plate,plate number,plate no,kennzeichen,kfz-kennzeichen,plaque d'immatriculation,immatriculation,matrícula,targa,kenteken,registration plate,vehicle registration,nr rejestracyjny,госномер",
		},
		{
			rule: "medical_record", class: "health_id", least: 5, most: 14, valid: func(d string) bool { return mix(d).digit >= 5 }, loose: true,
			labels: "medical record,medical record number,mrn,patient id,patient number,patient no,patientennummer,numéro de dossier,historia clínica,hospital number,chart number,numer pacjenta",
		},
		{
			rule: "insurance_number", class: "health_id", least: 6, most: 16, valid: func(d string) bool { return mix(d).digit >= 5 }, loose: true,
			labels: "insurance number,insurance id,health insurance,insurance policy,member id,subscriber id,policy number,insurance no,health plan,versicherungsschein,numéro d'assuré,medicaid,insurance member",
		},
	}
}

// bankCountry returns 1 for a country that has banks but no IBANs.
func bankCountry(code string) int {
	switch code {
	case "US", "CA", "AU", "NZ", "JP", "CN", "HK", "SG", "IN", "KR", "ZA", "MX", "AR", "CL", "CO", "TH", "MY", "ID", "PH", "VN", "TW", "NG", "KE":
		return 1
	}
	return 0
}
