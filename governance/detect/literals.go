package detect

import "strings"

// literals returns what a filter for the detectors looks for.
func literals(d Detectors, forms []tokenForm) []literal {
	var all []literal
	if d&Secrets != 0 {
		all = append(all, secretLiterals(forms)...)
	}
	if d&PII != 0 {
		all = append(all, personalLiterals()...)
	}
	if d&(Injection|Definition) != 0 {
		all = append(all, ideaLiterals()...)
		all = append(all, markerLiterals()...)
		all = append(all, literal{text: "```", role: roleFence})
		all = append(all, invisibleLiterals()...)
	}
	if d&Terminal != 0 {
		all = append(all, literal{text: "\x1B", role: roleControl}) // all control characters are one class
		all = append(all, literal{text: "\xC2", role: roleHidden, exact: true})
	}
	return append(all, escapeLiterals()...)
}

// secretLiterals returns the beginnings of tokens, and the names of what is secret.
func secretLiterals(forms []tokenForm) []literal {
	var all []literal
	for i, form := range forms {
		var bound bool
		switch form.proof {
		case proofAzure, proofTelegram, proofMailchimp, proofURL, proofDiscord:
		default:
			bound = isWord(form.prefix[0])
		}
		all = append(all, literal{text: form.prefix, role: roleToken, index: uint16(i), bound: bound, exact: true})
	}
	for _, text := range [...]string{"-----BEGIN", "PuTTY-User-Key-File-"} {
		all = append(all, literal{text: text, role: rolePrivate, exact: true})
	}
	all = append(all, literal{text: "://", role: roleAddress})
	for text := range strings.SplitSeq("password,passwd,passphrase,pwd,passwort,kennwort,senha,contrase,secret,token,api_key,apikey,api-key,api key,accesskey,access_key,access-key,"+
		"privatekey,private_key,authkey,auth_key,encryption_key,signing_key,master_key,account_key,storage_key,subscription-key,credential,passcode,_pass,dbpass,session_key", ",") {
		all = append(all, literal{text: text, role: roleSecret})
	}
	all = append(all, literal{text: "bearer ", role: roleBearer, bound: true}, literal{text: "basic ", role: roleBearer, index: 1, bound: true}, literal{text: " -u ", role: roleCurl},
		literal{text: " --user ", role: roleCurl})
	for text := range strings.SplitSeq("password is,password was,password to,passwort ist,passwort lautet,mot de passe est,contraseña es,senha é,la password è,passphrase is,пароль:,пароль —,пароль -,密码是,密码:,密码：,パスワードは", ",") {
		all = append(all, literal{text: text, role: roleSpoken, bound: isLetter(text[0]), wide: true})
	}
	return all
}

// personalLiterals returns the beginnings and shapes of data of persons. A 0 is any digit.
func personalLiterals() []literal {
	all := append(ibanLiterals(), labelLiterals()...)
	all = append(all, literal{text: "@", role: roleEmail})
	for text := range strings.SplitSeq("000000,000-00-0,000 00 0000,000-000,000.000,000 000,0000 0000,0000-0000,+0,+(0,(00,(000,0 00 00 00,00 00 00,00.00.00-,000.0000,000000-0000", ",") {
		all = append(all, literal{text: text, role: roleNumber})
	}
	for text := range strings.SplitSeq("0.0.0,0.00.0,0.000.0", ",") {
		all = append(all, literal{text: text, role: roleIPv4})
	}
	for _, text := range [...]string{"0000:", "0a00:", "00a0:", "000a:", "0a0a:", "0aa0:"} {
		for c := 'a'; c <= 'f' && strings.Contains(text, "a"); c++ {
			all = append(all, literal{text: strings.ReplaceAll(text, "a", string(c)), role: roleIPv6, bound: true})
		}
		if !strings.Contains(text, "a") {
			all = append(all, literal{text: text, role: roleIPv6, bound: true})
		}
	}
	for _, text := range [...]string{"0x0", "0xa", "0xb", "0xc", "0xd", "0xe", "0xf", "bc0"} {
		all = append(all, literal{text: text, role: roleWallet, bound: true})
	}
	for text := range strings.SplitSeq(" street| st.| st,| avenue| ave.| ave,| road| rd.| rd,| boulevard| blvd| lane| ln,| drive| dr.| dr,| court| ct,| way,| place,| square,| terrace| parkway", "|") {
		all = append(all, literal{text: text, role: roleStreet})
	}
	return all
}

// invisibleLiterals returns the first bytes of characters that may be invisible.
func invisibleLiterals() []literal {
	all := make([]literal, 0, 32)
	for _, text := range [...]string{"\xF3\xA0", "\xEF\xB8", "\xEF\xBB\xBF", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAD", "\xE2\x80\xAE", "\xE2\x81\xA0", "\xE2\x81\xA1", "\xE2\x81\xA2", "\xE2\x81\xA3", "\xE2\x81\xA4", "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xAA", "\xE2\x81\xAB", "\xE2\x81\xAC", "\xE2\x81\xAD", "\xE2\x81\xAE", "\xE2\x81\xAF", "\xE3\x85\xA4", "\xE1\x85\x9F", "\xE1\x85\xA0", "\xE1\xA0\x8E"} {
		all = append(all, literal{text: text, role: roleHidden, exact: true})
	}
	return all
}
