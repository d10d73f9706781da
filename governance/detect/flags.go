package detect

import (
	"strings"

	"github.com/mcp-kernel/mcp-kernel/governance/match"
)

// A flagForm is how a program takes a password on its command line, by its manual.
type flagForm struct {
	text     string // the option
	programs string // that have it, between spaces
	user     byte   // what separates the user from the password; 0 when there is only a password
	verb     string // that the line has, too
	attached bool   // the password follows without a space
}

// flagForms returns the options. Those whose names say what they take (--password) are found by their names.
func flagForms() []flagForm {
	return []flagForm{
		{text: " -u ", programs: " curl http https wget lftp hurl xh ", user: ':'},
		{text: " -u", programs: " curl ", user: ':', attached: true},
		{text: " --user ", programs: " curl smbclient ", user: ':'},
		{text: " --user=", programs: " curl ", user: ':', attached: true},
		{text: " --proxy-user ", programs: " curl ", user: ':'},
		{text: " -a ", programs: " redis-cli http https xh ", user: 0},
		{text: " -U ", programs: " smbclient rpcclient net curl ", user: '%'},
		{text: " -p", programs: " mysql mysqldump mysqladmin mariadb mariadb-dump mysqlimport mysqlshow sshpass 7z 7za 7zz rar unrar ", attached: true},
		{text: " -p ", programs: " docker podman nerdctl buildah skopeo helm oc ", verb: " login"},
		{text: " -p ", programs: " sshpass mongo mongosh mongodump mongorestore az expect ansible-vault vncpasswd influx clickhouse-client "},
		{text: " -w ", programs: " ldapsearch ldapadd ldapmodify ldapdelete ldappasswd ldapwhoami "},
		{text: " -P ", programs: " zip unzip sqlcmd bcp isql isql-fb nmcli "},
		{text: " -P", programs: " sqlcmd bcp zip ", attached: true},
		{text: " -k ", programs: " openssl "},
		{text: " /p:", programs: " xfreerdp wfreerdp mstsc ", attached: true},
		{text: " /pass:", programs: " cmdkey ", attached: true},
	}
}

// flag looks at the operand of an option that ends at end, in a line that calls a program which has it.
func (s *scan) flag(start, end, index int) {
	form := &s.engine.flags[index]
	if s.lookout&Secrets == 0 || !calls(s.before(start, 200), form.programs) || !strings.Contains(s.before(start, 200), form.verb) {
		return
	}
	if !form.attached {
		end = s.blank(end)
	} else if end >= len(s.text) || s.text[end] <= ' ' {
		return
	}
	from, to, quoted := s.operand(end, false)
	text := s.text[from:to]
	if form.user != 0 {
		n := strings.IndexByte(text, form.user)
		if n <= 0 {
			return
		}
		from, text = from+n+1, text[n+1:]
	}
	if len(text) < 3 || stale(text) || common(text) || reference(text, true) || text[0] == '-' || !quoted && form.user == 0 && mix(text).kinds() < 2 {
		return
	}
	rule := "option_password"
	if form.user == ':' {
		rule = "curl_password"
	}
	s.secret(rule, "password", match.High, 0.9, from, to)
}

// calls reports whether one of the programs is a word of a line.
func calls(line, programs string) bool {
	for len(programs) > 1 {
		programs = programs[1:]
		n := strings.IndexByte(programs, ' ')
		name := programs[:n]
		programs = programs[n:]
		for rest := line; ; {
			k := strings.Index(rest, name)
			if k < 0 {
				break
			}
			after := k + len(name)
			if (k == 0 || !isWord(rest[k-1]) && rest[k-1] != '-') && (after == len(rest) || rest[after] == ' ' || strings.HasPrefix(rest[after:], ".exe")) {
				return true
			}
			rest = rest[after:]
		}
	}
	return false
}

// The statements behind which a quoted password stands, as the index of a literal of roleStatement.
const (
	statementQuoted = iota // identified by 'x', ConvertTo-SecureString "x"
	statementPass          // pass:x of openssl
	statementOTP           // otpauth://
	statementOracle        // user/password@ of Oracle
	statementPort          // a line of .pgpass
	statementPipe          // echo x | sudo -S
)

// statementLiterals returns the beginnings of statements that take a password without naming it by an assignment.
func statementLiterals() []literal {
	words := [...]string{
		statementQuoted: "identified by ,identified with ,convertto-securestring ,with password ,encrypted password ,set password ,password for ,convertto-securestring -string ,set passwd ",
		statementPass:   " pass:",
		statementOTP:    "otpauth://",
		statementOracle: "jdbc:oracle:thin:,sqlplus ,sqlldr ,expdp ,impdp ",
		statementPort:   ":5432:,:5433:,:6432:",
		statementPipe:   "| sudo -s,|sudo -s,| chpasswd,|chpasswd,| passwd --stdin,| docker login,| podman login,| htpasswd -i,| kinit",
	}
	var all []literal
	for kind, list := range words {
		for text := range strings.SplitSeq(list, ",") {
			all = append(all, literal{text: text, role: roleStatement, index: uint16(kind), bound: isLetter(text[0]), exact: kind == statementPort})
		}
	}
	return all
}

// statement looks at what follows the beginning of a statement from start to end.
func (s *scan) statement(start, end, kind int) {
	if s.lookout&Secrets == 0 {
		return
	}
	switch kind {
	case statementQuoted:
		s.quotedPassword(end)
	case statementPass:
		from, to, _ := s.operand(end, false)
		s.plainPassword("option_password", from, to)
	case statementOTP:
		rest := s.window(end, 512)
		if n := strings.Index(rest, "secret="); n >= 0 {
			from := end + n + len("secret=")
			if k := base32Set.span(strings.ToUpper(s.window(from, 128)), 128); k >= 10 {
				s.secret("otp_secret", "api_key", match.High, 0.97, from, from+k)
			}
		}
	case statementOracle:
		s.oracle(end)
	case statementPort:
		s.passLine(start)
	case statementPipe:
		s.piped(start)
	}
}

// quotedPassword reports what is quoted at i.
func (s *scan) quotedPassword(i int) {
	i = s.blank(i)
	if n := strings.Index(s.window(i, 48), " by "); n >= 0 && strings.HasPrefix(s.text[i:], "mysql") || n >= 0 && strings.HasPrefix(s.text[i:], "caching") {
		i += n + len(" by ")
	}
	if from, to, quoted := s.operand(i, false); quoted && s.text[from-1] != '`' {
		s.plainPassword("statement_password", from, to)
	}
}

// plainPassword reports a password of whose place the syntax leaves no doubt.
func (s *scan) plainPassword(rule string, from, to int) {
	text := s.text[from:to]
	if len(text) < 4 || len(text) > 128 || stale(text) || common(text) || reference(text, true) || strings.Count(text, " ") > 1 {
		return
	}
	confidence := 0.9
	if m := mix(text); m.kinds() < 2 {
		confidence = 0.7
	}
	s.secret(rule, "password", match.High, confidence, from, to)
}

// oracle looks at user/password@ behind i.
func (s *scan) oracle(i int) {
	from, to, _ := s.operand(s.blank(i), false)
	text := s.text[from:to]
	slash, at := strings.IndexByte(text, '/'), strings.LastIndexByte(text, '@')
	if slash <= 0 || at < slash+4 || text[slash+1] == '/' {
		return
	}
	s.plainPassword("url_password", from+slash+1, from+at)
}

// passLine looks at host:port:database:user:password, a line of .pgpass.
func (s *scan) passLine(i int) {
	line := i - len(s.before(i, 256))
	end := i
	for end < len(s.text) && end-i < 256 && s.text[end] > ' ' {
		end++
	}
	fields := strings.SplitN(s.text[line:end], ":", 5)
	if len(fields) == 5 && !strings.ContainsAny(fields[0], " /@") && fields[3] != "" && len(fields[4]) > 3 {
		s.plainPassword("pgpass_password", end-len(fields[4]), end)
	}
}

// piped looks at what an echo before i writes to a program that reads a password.
func (s *scan) piped(i int) {
	line := s.before(i, 200)
	n := max(strings.LastIndex(line, "echo "), strings.LastIndex(line, "printf "))
	if n < 0 {
		return
	}
	n += strings.IndexByte(line[n:], ' ') + 1
	for strings.HasPrefix(line[n:], "-") {
		k := strings.IndexByte(line[n:], ' ')
		if k < 0 {
			return
		}
		n += k + 1
	}
	from, to, _ := s.operand(i-len(line)+n, false)
	if to > i {
		return
	}
	text := strings.TrimSuffix(s.text[from:to], `\n`)
	if k := strings.IndexByte(text, ':'); k > 0 && strings.HasPrefix(strings.TrimLeft(s.text[i:], "| "), "chpasswd") {
		from, text = from+k+1, text[k+1:]
	}
	s.plainPassword("piped_password", from, from+len(text))
}
