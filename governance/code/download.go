package code

import "strings"

// maxWritten is how many names of written files are remembered.
const maxWritten = 32

// runsDownload reports a program that is written to a file and then run, when the text fetches something and verifies nothing.
func (p *program) runsDownload() {
	if !p.fetches() || p.verifies() {
		return
	}
	var written []string
	for i := range p.list {
		if p.list[i].kind != kindWord || !p.is(i+1, "(") {
			continue
		}
		switch word := p.text[p.list[i].start:p.list[i].end]; word {
		case "Create", "WriteFile", "OpenFile", "writeFileSync", "writeFile", "createWriteStream", "open", "urlretrieve", "write_bytes":
			if len(written) < maxWritten {
				written = append(written, p.filesOf(i)...)
			}
		case "Command", "CommandContext", "exec", "execSync", "execFile", "execFileSync", "spawn", "spawnSync", "run", "call", "check_call", "Popen", "system", "execv", "import_module", "require", "startfile":
			if p.runsOne(i, written) {
				return
			}
		}
	}
}

// fetches reports whether a text asks the network for anything.
func (p *program) fetches() bool {
	for _, mark := range [...]string{"http.Get(", "requests.get(", "urlretrieve(", "urlopen(", "https.get(", "http.get(", "fetch(", "axios", "httpx.get(", "client.Do(", "got("} {
		if strings.Contains(p.text, mark) {
			return true
		}
	}
	return false
}

// verifies reports whether a text has anything of digests and signatures in it.
func (p *program) verifies() bool {
	small := lower(p.text[:min(len(p.text), 64<<10)])
	return strings.Contains(small, "sha256") || strings.Contains(small, "sha512") || strings.Contains(small, "verify_signature") || strings.Contains(small, "createhash") || strings.Contains(small, "verify(")
}

// filesOf returns the names and literals that the call at i is given first, which say what file it writes.
func (p *program) filesOf(i int) []string {
	var names []string
	for n := i + 2; n < i+8 && !p.is(n, ")") && p.at(n).kind != kindNewline; n++ {
		switch p.at(n).kind {
		case kindString:
			if text := p.body(n); len(text) > 3 && !strings.Contains(text, "://") {
				names = append(names, text)
			}
		case kindWord:
			if !p.separator(n+1) && !p.separator(n-1) && len(p.word(n)) > 1 {
				names = append(names, p.word(n))
			}
		default:
		}
	}
	return names
}

// runsOne reports whether the call at i runs one of some files, and notes it.
func (p *program) runsOne(i int, files []string) bool {
	for n := i + 2; n < i+10 && !p.is(n, ")") && p.at(n).kind != kindNewline; n++ {
		var text string
		switch p.at(n).kind {
		case kindString:
			text = p.body(n)
		case kindWord:
			text = p.word(n)
		default:
			continue
		}
		for _, file := range files {
			if text == file || p.at(n).kind == kindString && strings.HasSuffix(text, " "+file) {
				p.mark(i, n, hit{rule: pipeToShell, severity: High, confidence: Likely, note: "runs a file that it downloads, unseen"})
				return true
			}
		}
	}
	return false
}
