package code

import "strings"

// sink says what the function called at i, which has a name, does with which of its arguments.
func (t *trace) sink(i int, name string) (kind sinkKind, argument int) {
	receiver := t.receiverOf(i - 1)
	if receiver == "" && t.is(i-3, ")") && t.separator(i-2) { // of a call
		receiver = ")"
	}
	if receiver == ")" && t.language == Go && name == "Parse" && strings.Contains(t.text, "template.") {
		return sinkTemplate, 0
	}
	switch t.language {
	case Go:
		return goSink(receiver, name)
	case Python:
		return pythonSink(receiver, name)
	default:
		return scriptSink(receiver, name)
	}
}

func goSink(receiver, name string) (kind sinkKind, argument int) {
	switch receiver {
	case "os", "ioutil":
		switch name {
		case "Open", "ReadFile", "Create", "OpenFile", "WriteFile", "Remove", "RemoveAll", "Mkdir", "MkdirAll", "ReadDir", "Rename", "Symlink", "Chmod":
			return sinkPath, 0
		}
	case "http":
		switch name {
		case "Get", "Post", "Head", "PostForm":
			return sinkURL, 0
		case "NewRequest":
			return sinkURL, 1
		case "NewRequestWithContext":
			return sinkURL, 2
		case "ServeFile":
			return sinkPath, 2
		case "Redirect":
			return sinkRedirect, 2
		}
	case "exec":
		switch name {
		case "Command":
			return sinkProgram, 0
		case "CommandContext":
			return sinkProgram, 1
		}
	case "template":
		switch name {
		case "HTML", "JS", "URL", "HTMLAttr":
			return sinkMarkup, 0
		}
	case "net":
		if name == "Dial" || name == "DialTimeout" {
			return sinkURL, 1
		}
	case "fmt", "io":
		switch name {
		case "Fprintf", "Fprint", "Fprintln", "WriteString":
			return sinkPage, everyArgument
		}
	case "w", "rw":
		if name == "Write" || name == "WriteString" {
			return sinkPage, everyArgument
		}
	case "c", "ctx":
		switch name {
		case "File", "SendFile", "FileAttachment", "Attachment", "Download":
			return sinkPath, 0
		case "Redirect":
			return sinkRedirect, 1
		case "HTML", "Data", "SendString":
			return sinkPage, everyArgument
		}
	case "client", "Client", "DefaultClient":
		switch name {
		case "Get", "Post", "Head":
			return sinkURL, 0
		}
	}
	return goMethodSink(name)
}

func goMethodSink(name string) (kind sinkKind, argument int) {
	switch name {
	case "Query", "Exec", "QueryRow":
		return sinkQuery, 0
	case "QueryContext", "ExecContext", "QueryRowContext":
		return sinkQuery, 1
	}
	return noSink, 0
}

func pythonSink(receiver, name string) (kind sinkKind, argument int) {
	switch receiver {
	case "requests", "httpx", "session", "client", "urllib3":
		switch name {
		case "get", "post", "put", "head", "delete", "patch", "stream":
			return sinkURL, 0
		case "request":
			return sinkURL, 1
		}
	case "os", "shutil":
		switch name {
		case "remove", "unlink", "rmdir", "rmtree", "listdir", "makedirs", "mkdir", "rename", "scandir", "move", "copy", "copyfile", "chmod", "symlink":
			return sinkPath, 0
		}
	case "subprocess":
		switch name {
		case "run", "call", "check_call", "check_output", "Popen":
			return sinkProgram, 0
		}
	case "re":
		switch name {
		case "compile", "search", "match", "findall", "sub", "fullmatch":
			return sinkPattern, 0
		}
	}
	switch name {
	case "open":
		if receiver == "" || receiver == "io" || receiver == "aiofiles" || receiver == "codecs" {
			return sinkPath, 0
		}
		return sinkPath, theReceiver
	case "send_file", "FileResponse", "extract":
		return sinkPath, 0
	case "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir":
		return sinkPath, theReceiver
	case "urlopen", "urlretrieve", "Request":
		return sinkURL, 0
	case "redirect", "HttpResponseRedirect", "RedirectResponse":
		return sinkRedirect, 0
	case "Markup", "mark_safe", "SafeString":
		return sinkMarkup, 0
	case "HttpResponse", "HTMLResponse", "make_response":
		return sinkPage, everyArgument
	case "render_template_string", "from_string", "Template":
		return sinkTemplate, 0
	case "execute", "executescript", "raw":
		return sinkQuery, 0
	}
	return noSink, 0
}

func scriptSink(receiver, name string) (kind sinkKind, argument int) {
	switch name {
	case "readFile", "readFileSync", "createReadStream", "createWriteStream", "writeFile", "writeFileSync", "unlink", "unlinkSync", "rm", "rmSync", "rmdir",
		"rmdirSync", "readdir", "readdirSync", "appendFile", "appendFileSync", "mkdir", "mkdirSync", "stat", "readTextFile", "writeTextFile":
		return sinkPath, 0
	case "sendFile", "download", "sendfile":
		return sinkPath, 0
	case "fetch", "axios", "got", "needle", "ky", "urllib":
		return sinkURL, 0
	case "redirect":
		return sinkRedirect, everyArgument
	case "insertAdjacentHTML":
		return sinkMarkup, 1
	case "html", "append", "prepend", "after", "before":
		if receiver != "" && receiver != "formData" && receiver != "form" && receiver != "params" && name == "html" {
			return sinkMarkup, 0
		}
		return noSink, 0
	case "createContextualFragment", "parseFromString", "bypassSecurityTrustHtml", "bypassSecurityTrustUrl", "bypassSecurityTrustResourceUrl", "bypassSecurityTrustScript":
		return sinkMarkup, 0
	case "RegExp":
		return sinkPattern, 0
	case "$queryRawUnsafe", "$executeRawUnsafe", "findOne", "findOneAndUpdate", "deleteMany", "updateOne", "updateMany":
		return sinkQuery, 0
	case "spawn", "spawnSync", "execFile", "execFileSync", "fork":
		return sinkProgram, 0
	case "require":
		return sinkCode, 0
	case "runInNewContext", "runInThisContext", "runInContext":
		return sinkCode, 0
	}
	return scriptMethodSink(receiver, name)
}

func scriptMethodSink(receiver, name string) (kind sinkKind, argument int) {
	switch receiver {
	case "axios", "http", "https", "got", "superagent", "needle", "request", "ky":
		switch name {
		case "get", "post", "put", "request", "head", "delete", "patch", "stream":
			return sinkURL, 0
		}
	case "res", "reply", "response":
		if name == "send" || name == "write" || name == "end" || name == "html" {
			return sinkPage, everyArgument
		}
	case "document":
		if name == "write" || name == "writeln" {
			return sinkMarkup, 0
		}
	case "_", "lodash":
		switch name {
		case "merge", "defaultsDeep", "mergeWith", "set", "setWith":
			return sinkMerge, everyArgument
		}
	case "$":
		if name == "extend" {
			return sinkMerge, everyArgument
		}
	case "ejs", "Handlebars", "handlebars", "pug", "nunjucks", "Mustache":
		switch name {
		case "compile", "render", "renderString":
			return sinkTemplate, 0
		}
	case "db", "pool", "client", "connection", "conn", "knex", "sequelize", "manager", "repo":
		switch name {
		case "query", "raw", "execute":
			return sinkQuery, 0
		}
	case "location":
		if name == "replace" || name == "assign" {
			return sinkRedirect, 0
		}
	case "window":
		if name == "open" {
			return sinkRedirect, 0
		}
	}
	return noSink, 0
}
