package code

import "strings"

// settings looks at settings that switch guards off, let everybody in, or run as root.
func (y *yamlReader) settings(key string, value *passage) {
	set := lower(value.text)
	on := set == "true" || set == "yes" || set == "1" || set == "on" || set == "enabled"
	off := set == "false" || set == "no" || set == "0" || set == "off" || set == "none" || set == "disabled"
	small := lower(key)
	switch {
	case off && isVerification(small), on && isSkipping(small):
		y.reportAt(value, tlsOff, High, "")
	case on && isInviting(small), off && isGuarding(small), y.invites(small, set):
		y.reportAt(value, weakAuth, Medium, "lets in who has not shown who they are")
	case small == "runasuser" && set == "0", small == "runasnonroot" && off, small == "user" && (set == "root" || set == "0" || set == "0:0") && y.within("services"):
		y.reportAt(value, containerEscape, Medium, "runs as root")
	case small == "accesscontrol" && strings.HasPrefix(set, "publicread"), small == "publiclyaccessible" && on, small == "acl" && strings.HasPrefix(set, "public-read"),
		strings.HasPrefix(small, "blockpublic") && off, small == "allowblobpublicaccess" && on:
		y.reportAt(value, exposed, Medium, "")
	case small == "privileged_mode" && on, (small == "type" || small == "seccomp") && set == "unconfined", small == "procmount" && set == "unmasked",
		strings.HasSuffix(small, "pod-security.kubernetes.io/enforce") && set == "privileged", strings.Contains(small, "apparmor") && set == "unconfined":
		y.reportAt(value, containerEscape, Medium, "")
	case strings.Contains(set, "nopasswd:") && strings.Contains(set, "all"):
		y.reportAt(value, setuidRoot, High, "lets somebody become root without a password")
	case small == "actions_allow_unsecure_commands" && on:
		y.reportAt(value, workflowInjection, High, "")
	case small == "uses":
		y.action(value)
	case small == "on" && set == "pull_request_target":
		y.target = true
	case small == "mode" && strings.Trim(set, "01234567") == "" && len(set) >= 3:
		if h, bad := badMode(set); bad {
			y.scan.found(value, 0, len(value.text), h)
		}
	case small == "image" && strings.Contains(set, "xmrig"), strings.Contains(set, "stratum+tcp://"):
		y.reportAt(value, persistence, High, "mines coins for somebody else")
	case small == "state" && set == "disabled" && (y.key == "selinux" || y.key == "ufw" || strings.HasSuffix(y.key, ".selinux") || strings.HasSuffix(y.key, ".ufw")):
		y.reportAt(value, guardOff, High, "")
	}
}

// isVerification reports whether a setting verifies whom a program talks to, or what it installs.
func isVerification(key string) bool {
	switch key {
	case "validate_certs", "verify_ssl", "rejectunauthorized", "verify_certs", "ssl_verify", "tls_verify", "verify_tls", "verify", "strict-ssl", "node_tls_reject_unauthorized",
		"host_key_checking", "gpgcheck", "gpg_check", "verification_mode", "ssl.verification_mode", "sslverify", "pythonhttpsverify", "strict_host_key_checking", "check_hostname", "git_ssl_verify":
		return true
	}
	return false
}

// isSkipping reports whether a setting leaves out such verification.
func isSkipping(key string) bool {
	switch key {
	case "insecure_skip_verify", "insecureskiptlsverify", "insecure-skip-tls-verify", "insecureskipverify", "skip_verify", "skiptlsverify", "skip_tls_verify",
		"git_ssl_no_verify", "disable_gpg_check", "allow_unauthenticated", "trustservercertificate", "tls_skip_verify", "insecure", "ssl_no_verify", "disable_ssl_verification":
		return true
	}
	return false
}

// isInviting reports whether a setting lets in who has no password.
func isInviting(key string) bool {
	switch key {
	case "mysql_allow_empty_password", "allow_empty_password", "allow_anonymous", "anonymous_access", "anonymous-auth", "gf_auth_anonymous_enabled", "ssh_pwauth", "permit_root_login", "allow_anonymous_login", "anonymousauth":
		return true
	}
	return false
}

// isGuarding reports whether a setting asks who somebody is.
func isGuarding(key string) bool {
	switch key {
	case "xpack.security.enabled", "auth_enabled", "authentication_enabled", "require_auth", "security_enabled", "disable_root", "csrf_enabled", "enable_auth", "protected-mode", "rbac_enabled":
		return true
	}
	return false
}

// invites reports settings that let everybody in by a value of their own.
func (y *yamlReader) invites(key, set string) bool {
	switch key {
	case "postgres_host_auth_method":
		return set == "trust"
	case "authorization-mode":
		return strings.Contains(set, "alwaysallow")
	case "enabled":
		return set == "true" && (y.key == "anonymous" || y.key == "auth.anonymous")
	case "include":
		return set == "*" && y.within("exposure")
	case "permitrootlogin":
		return set == "yes"
	}
	return strings.HasSuffix(key, "exposure.include") && set == "*"
}

// action looks at an action of a workflow that somebody else may change at any time.
func (y *yamlReader) action(value *passage) {
	name, version, ok := strings.Cut(value.text, "@")
	if !ok || strings.HasPrefix(name, "actions/") || strings.HasPrefix(name, "./") {
		return
	}
	switch version {
	case "main", "master", "HEAD", "latest", "develop":
		y.reportAt(value, pipeToShell, Medium, "runs whatever somebody else puts there")
	}
}

// item looks at an item of a list by what it says itself: settings of an environment, options, flags of a server.
func (y *yamlReader) itemSetting(text *passage) {
	value := lower(text.text)
	switch {
	case y.key == "security_opt" && (strings.Contains(value, "unconfined") || strings.Contains(value, "label:disable") || strings.Contains(value, "label=disable")):
		y.reportAt(text, containerEscape, Medium, "")
	case y.key == "devices" && (strings.HasPrefix(value, "/dev/mem") || strings.HasPrefix(value, "/dev/kmem") || isDisk(strings.Split(value, ":")[0])):
		y.reportAt(text, containerEscape, High, "")
	case y.key == "ports" && (strings.HasPrefix(value, "2375:") || strings.HasPrefix(value, "0.0.0.0:2375") || strings.HasPrefix(value, "0.0.0.0:6379")):
		y.reportAt(text, exposed, Medium, "")
	case value == "pull_request_target":
		y.target = true
	case (y.key == "Action" || y.key == "NotAction") && (value == "*" || value == "*:*"):
		y.reportAt(text, exposed, Medium, "grants every right, or rights to everybody")
	case strings.HasPrefix(value, "--"), strings.Contains(value, "nopasswd:"):
		y.flag(text, value)
	}
	if name, _, ok := strings.Cut(text.text, "="); ok && isName(name) {
		part := text.part(len(name)+1, len(text.text))
		y.scan.credential(name, &part)
		y.scan.embeddedIn(&part)
		y.settings(name, &part)
	}
}

// flag looks at a flag that a server is started with.
func (y *yamlReader) flag(text *passage, value string) {
	switch {
	case strings.Contains(value, "--anonymous-auth=true"), strings.Contains(value, "alwaysallow"), strings.HasPrefix(value, "--insecure-port=") && value != "--insecure-port=0",
		value == "--noauth", value == "--no-auth", value == "--enable-skip-login":
		y.reportAt(text, weakAuth, High, "lets in who has not shown who they are")
	case strings.Contains(value, "insecure-skip-tls-verify"), value == "--insecure", strings.HasPrefix(value, "--kubelet-insecure-tls"):
		y.reportAt(text, tlsOff, Medium, "")
	case strings.Contains(value, "nopasswd:") && strings.Contains(value, "all"):
		y.reportAt(text, setuidRoot, High, "lets somebody become root without a password")
	}
}

// secretsOut looks in a command of a workflow for secrets that it shows or sends.
func (y *yamlReader) secretsOut(p *passage) {
	n := strings.Index(p.text, "${{ secrets.")
	if n < 0 {
		if n = strings.Index(p.text, "toJSON(secrets)"); n < 0 {
			return
		}
	}
	start := strings.LastIndexByte(p.text[:n], '\n') + 1
	end := n + strings.IndexByte(p.text[n:]+"\n", '\n')
	line := strings.TrimSpace(p.text[start:end])
	shows := (strings.HasPrefix(line, "echo ") || strings.HasPrefix(line, "printf ")) && !strings.Contains(line, "| docker login") && !strings.Contains(line, "--password-stdin") && !strings.Contains(line, "::add-mask::") && !strings.Contains(line, ">")
	sends := strings.Contains(line, "curl ") && (strings.Contains(line, " -d ") || strings.Contains(line, "--data") || strings.Contains(line, "?")) && !strings.Contains(line, "-H ") || strings.Contains(p.text[n:min(len(p.text), n+24)], "toJSON(secrets)")
	if shows || sends {
		y.scan.found(p, n, min(end, len(p.text)), hit{rule: exfiltration, severity: High, confidence: Likely})
	}
}

// bombs reports aliases of aliases that make a small document very large.
func (y *yamlReader) aliases(from, to int) {
	line := y.text[from:to]
	if strings.IndexByte(line, '&') < 0 || strings.Count(line, "*") < 5 {
		return
	}
	if y.levels++; y.levels == 3 {
		h := hit{rule: heavyWork, severity: High, confidence: Certain, note: "is made of aliases of aliases, which are very large together"}
		y.scan.found(&y.passage, from, to, h)
	}
}
