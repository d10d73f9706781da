package code_test

import (
	"testing"

	"github.com/mcp-kernel/mcp-kernel/governance/code"
)

// What is run is found behind variables, aliases, joined and decoded texts.
func TestFollows(t *testing.T) {
	t.Parallel()
	for _, test := range []bad{
		{"variable", "python", "import os\ncmd = 'rm -rf /'\nos.system(cmd)", "rm_root", code.Critical, false},
		{"two variables", "python", "a = 'rm'\nb = ' -rf /'\nos.system(a + b)", "rm_root", code.Critical, false},
		{"added", "python", "cmd = 'rm '\ncmd += '-rf /'\nos.system(cmd)", "rm_root", code.Critical, false},
		{"annotated", "python", "cmd: str = 'rm -rf /'\nos.system(cmd)", "rm_root", code.Critical, false},
		{"attribute", "python", "self.cmd = 'rm -rf /'\nos.system(self.cmd)", "rm_root", code.Critical, false},
		{"f-string", "python", "p = '/'\nos.system(f'rm -rf {p}')", "rm_root", code.Critical, false},
		{"formatted", "python", "os.system('%s -rf %s' % ('rm', '/'))", "rm_root", code.Critical, false},
		{"format", "python", "os.system('{} -rf {}'.format('rm', '/'))", "rm_root", code.Critical, false},
		{"join", "python", "os.system(' '.join(['rm', '-rf', '/']))", "rm_root", code.Critical, false},
		{"list", "python", "argv = ['rm', '-rf', '/']\nsubprocess.run(argv)", "rm_root", code.Critical, false},
		{"reversed", "python", "os.system('/ fr- mr'[::-1])", "rm_root", code.Critical, false},
		{"base64", "python", "import base64\nos.system(base64.b64decode('cm0gLXJmIC8=').decode())", "rm_root", code.Critical, false},
		{"base64 in a variable", "python", "c = b'cm0gLXJmIC8='\nd = base64.b64decode(c).decode('utf-8')\nos.system(d)", "rm_root", code.Critical, false},
		{"hex", "python", "os.system(bytes.fromhex('726d202d7266202f').decode())", "rm_root", code.Critical, false},
		{"chr", "python", "os.system(chr(114)+chr(109)+' -rf /')", "rm_root", code.Critical, false},
		{"rot13", "python", "os.system(codecs.decode('ez -es /', 'rot13'))", "rm_root", code.Critical, false},
		{"replace", "python", "os.system('rXm -rXf /'.replace('X', ''))", "rm_root", code.Critical, false},
		{"getattr", "python", "import os\ngetattr(os, 'sys' + 'tem')('rm -rf /')", "rm_root", code.Critical, false},
		{"getattr in a variable", "python", "f = getattr(os, 'sys'+'tem')\nf('rm -rf /')", "rm_root", code.Critical, true},
		{"alias of system", "python", "import os\nrun = os.system\nrun('rm -rf /')", "rm_root", code.Critical, false},
		{"alias of eval", "python", "e = eval\ne(data)", "eval", code.High, false},
		{"alias of an alias", "python", "a = exec\nb = a\nb(data)", "exec", code.High, false},
		{"import in a variable", "python", "o = __import__('o' + 's')\no.system('rm -rf /')", "rm_root", code.Critical, false},
		{"import_module", "python", "import importlib\nm = importlib.import_module('subprocess')\nm.call('rm -rf /', shell=True)", "rm_root", code.Critical, false},
		{"__dict__", "python", "os.__dict__['system']('rm -rf /')", "rm_root", code.Critical, false},
		{"globals", "python", "globals()['ev' + 'al'](data)", "eval", code.High, true},
		{"partial", "python", "from functools import partial\nf = partial(os.system, 'x')\nf()", "os_command", code.Medium, false},
		{"decoded code", "python", "exec(base64.b64decode('b3Muc3lzdGVtKCdybSAtcmYgLycp'))", "rm_root", code.Critical, false},
		{"decoded code says so", "python", "exec(base64.b64decode('cHJpbnQoMSk='))", "pipe_to_shell", code.High, false},
		{"argument is unknown", "python", "cmd = 'ls'\ndef f(cmd):\n    os.system(cmd)", "os_command", code.High, false},
		{"was unknown once", "python", "cmd = input()\nif x:\n    cmd = 'ls'\nos.system(cmd)", "os_command", code.High, false},
		{"keyword argument", "python", "subprocess.run(args=cmd, shell=True)", "os_command", code.High, false},
		{"drop in a variable", "python", "t = 'users'\ncur.execute('DROP TABLE ' + t)", "drop_table", code.Critical, false},
		{"statement of input", "python", "cur.execute('SELECT * FROM t WHERE a = ' + name)", "sql_injection", code.Medium, false},
		{"statement of an f-string", "python", "cur.execute(f'SELECT * FROM t WHERE a = {name}')", "sql_injection", code.Medium, false},
		{"statement of input in go", "go", "db.Query(\"SELECT * FROM t WHERE a = '\" + name + \"'\")", "sql_injection", code.Medium, false},
		{"statement of Sprintf", "go", "db.Query(fmt.Sprintf(\"SELECT * FROM t WHERE a = '%s'\", name))", "sql_injection", code.Medium, false},
		{"statement of a template", "javascript", "db.query(`SELECT * FROM t WHERE a = ${name}`);", "sql_injection", code.Medium, true},
		{"go shell of input", "go", `exec.Command("sh", "-c", cmd)`, "os_command", code.High, false},
		{"go argv", "go", "args := []string{\"rm\", \"-rf\", \"/\"}\nexec.Command(args[0], args[1:]...)\nexec.Command(\"sh\", \"-c\", strings.Join(args, \" \"))", "rm_root", code.Critical, false},
		{"go variable", "go", "const cmd = \"rm -rf /\"\nexec.Command(\"bash\", \"-c\", cmd).Run()", "rm_root", code.Critical, false},
		{"js variable", "javascript", "const cp = require('child_process');\nconst c = 'rm -rf /';\ncp.execSync(c);", "rm_root", code.Critical, false},
		{"js template", "javascript", "const d = '/';\nrequire('child_process').execSync(`rm -rf ${d}`);", "rm_root", code.Critical, false},
		{"js computed", "javascript", "globalThis['ev' + 'al'](x);", "eval", code.High, false},
		{"js array join", "javascript", "require('child_process').exec(['rm', '-rf', '/'].join(' '));", "rm_root", code.Critical, false},
		{"js reversed", "javascript", "eval('x'.split('').reverse().join(''));", "eval", code.High, false},
		{"js atob", "javascript", "eval(atob('YWxlcnQoMSk='));", "pipe_to_shell", code.High, true},
		{"js Buffer", "javascript", "require('child_process').exec(Buffer.from('cm0gLXJmIC8=', 'base64').toString());", "rm_root", code.Critical, false},
		{"js fromCharCode", "javascript", "const f = String.fromCharCode(114, 109);\nrequire('child_process').exec(f + ' -rf /');", "rm_root", code.Critical, false},
		{"js module in a variable", "javascript", "const m = 'child_' + 'process';\nrequire(m).exec('rm -rf /');", "rm_root", code.Critical, false},
		{"js constructor", "javascript", "[]['constructor']['constructor']('return 1')();", "eval", code.High, true},
		{"js alias", "javascript", "const e = eval;\ne(x);", "eval", code.High, false},
		{"js before it is set", "javascript", "function f() { cp.exec(c); }\nconst cp = require('child_process');\nconst c = 'rm -rf /';", "rm_root", code.Critical, false},
		{"js taken out", "javascript", "const { execSync: go } = require('child_process');\ngo('rm -rf /');", "rm_root", code.Critical, false},
		{"js parameter", "javascript", "const c = 'ls';\nfunction f(c) { require('child_process').execSync(c); }", "os_command", code.High, false},
		{"java array", "java", "String[] c = {\"sh\", \"-c\", \"rm -rf /\"};\nRuntime.getRuntime().exec(c);", "rm_root", code.Critical, false},
		{"java new array", "java", "Runtime.getRuntime().exec(new String[]{\"sh\", \"-c\", \"rm -rf /\"});", "rm_root", code.Critical, false},
		{"ruby hole", "ruby", "d = '/'\nsystem(\"rm -rf #{d}\")", "rm_root", code.Critical, false},
		{"php joined", "php", "<?php $a = 'rm'; system($a . ' -rf /');", "rm_root", code.Critical, false},
		{"php base64", "php", "<?php eval(base64_decode('c3lzdGVtKCdybSAtcmYgLycpOw=='));", "rm_root", code.Critical, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := check(t, test.language, test.code); !has(r, test.rule, test.least) {
				t.Errorf("%s\nwant %s of at least %s, got %+v", test.code, test.rule, test.least, r.Findings)
			}
		})
	}
}

// What looks like the above and is not.
func TestFollowsAndPasses(t *testing.T) {
	t.Parallel()
	for _, test := range []good{
		{"name of another", "python", "evaluate = model.eval\nevaluate()"},
		{"pattern", "javascript", "const exec = pattern.exec.bind(pattern);\nexec(text);"},
		{"bound parameter", "python", "q = 'SELECT * FROM t WHERE a = ?'\ncur.execute(q, (a,))"},
		{"joined constants", "python", "cols = 'a, b'\ncur.execute('SELECT ' + cols + ' FROM t')"},
		{"attribute by name", "python", "v = getattr(settings, name, None)"},
		{"attribute of os", "python", "flag = getattr(os, name, 0)"},
		{"list command", "python", "cmd = ['git', 'status']\nsubprocess.run(cmd, check=True)"},
		{"go list", "go", "exec.Command(\"git\", \"log\", name)"},
		{"decoded data", "python", "data = base64.b64decode(text)\nprint(data)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if r := check(t, test.language, test.code); len(r.Findings) != 0 {
				t.Errorf("%s\nwant no findings, got %+v", test.code, r.Findings)
			}
		})
	}
}
