package detect

import "strings"

// secretLiterals returns the beginnings of tokens, and the names of what is secret.
func secretLiterals(forms []tokenForm) []literal {
	var all []literal
	for i, form := range forms {
		var bound bool
		switch form.proof {
		case proofAzure, proofTelegram, proofMailchimp, proofURL, proofPath, proofDiscord, proofAzureKey, proofAzureDevOps, proofSalesforce:
		default:
			bound = isWord(form.prefix[0])
		}
		all = append(all, literal{text: form.prefix, role: roleToken, index: uint16(i), bound: bound, exact: true})
	}
	for _, text := range [...]string{"-----BEGIN", "PuTTY-User-Key-File-"} {
		all = append(all, literal{text: text, role: rolePrivate, exact: true})
	}
	all = append(all, literal{text: "://", role: roleAddress})
	for text := range strings.SplitSeq("password,passwd,passphrase,pwd,passwort,kennwort,senha,contrase,wachtwoord,passord,secret,token,api_key,apikey,api-key,api key,accesskey,access_key,access-key,"+
		"access key,privatekey,private_key,private key,privkey,authkey,auth_key,encryption_key,encryptionkey,signing_key,signingkey,master_key,masterkey,account_key,storage_key,subscription-key,credential,"+
		"passcode,_pass,dbpass,pass:,pass=,pass\",pass',-pass ,session_key,sessionid,phpsessid,presharedkey,preshared_key,psk,app_key,appkey,application_key,integration_key,functions-key,consumer_key,"+
		"license_key,licensekey,license key,shared_key,sharedkey,service_key,servicekey,admin_key,deploy_key,write_key,routing_key,fernet_key,aes_key,jwt_key,seed phrase,seed_phrase,recovery phrase,recovery_phrase,"+
		"mnemonic,seed words,secret phrase,requirepass,masterauth,bindpw,\"auth\",_auth,cookie:,authorization:,wif", ",") {
		all = append(all, literal{text: text, role: roleSecret})
	}
	all = append(all, literal{text: "bearer ", role: roleBearer, bound: true}, literal{text: "basic ", role: roleBearer, index: 1, bound: true})
	for i, form := range flagForms() {
		all = append(all, literal{text: form.text, role: roleFlag, index: uint16(i), exact: true})
	}
	return append(append(all, statementLiterals()...), spokenLiterals()...)
}
