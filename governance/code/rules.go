package code

// A Rule documents one thing that is looked for.
type Rule struct {
	ID       string   `json:"id"`
	Severity Severity `json:"severity"` // of a plain case; a finding may be milder or graver
	CWE      string   `json:"cwe,omitempty"`
	Message  string   `json:"message"` // what is wrong
	Fix      string   `json:"fix"`     // what to do instead
}

// ruleID is the index of a rule in the table.
type ruleID uint8

const (
	dropTable ruleID = iota
	deleteAll
	truncateTable
	updateAll
	grantAll
	sqlInjection
	sqlFile
	rmRF
	rmRoot
	findDelete
	shredFile
	shutilRmtree
	recursiveDelete
	fileDelete
	makeFS
	ddDisk
	deviceWrite
	formatDrive
	forkBomb
	sudo
	chmod777
	setuidRoot
	eval
	exec
	dynamicCode
	osCommand
	pipeToShell
	reverseShell
	exfiltration
	cloudDelete
	containerEscape
	stopsMachine
	guardOff
	historyLoss
	workflowInjection
	deserialize
	tlsOff
	pathTraversal
	forgedRequest
	crossSite
	openRedirect
	prototype
	heavyWork
	weakCrypto
	weakRandom
	weakAuth
	exposed
	persistence
	apiKey
	password
	awsKey
	privateKey
	githubToken
	serviceToken
	hiddenText
	nestedCode
	ruleCount
)

// Rules returns the documentation of every rule, in a fixed order. The caller owns the slice.
func Rules() []Rule {
	rules := append(dataRules(), fileRules()...)
	rules = append(rules, machineRules()...)
	rules = append(rules, codeRules()...)
	rules = append(rules, requestRules()...)
	return append(rules, secretRules()...)
}

func dataRules() []Rule {
	return []Rule{
		{"drop_table", Critical, "CWE-89", "drops a database object and everything in it", "archive it first, or rename it and drop it by a reviewed migration"},
		{"delete_all", Critical, "CWE-89", "deletes every row of a table", "add a WHERE that selects the rows that are meant"},
		{"truncate_table", Critical, "CWE-89", "empties a table and cannot be rolled back everywhere", "archive the rows, then delete the ones that are meant"},
		{"update_all", High, "CWE-89", "changes every row of a table", "add a WHERE that selects the rows that are meant"},
		{"grant_all", High, "CWE-250", "grants every privilege", "grant the few privileges that are needed"},
		{"sql_injection", Medium, "CWE-89", "makes a statement of SQL out of what it is given", "pass values as parameters, and names from a fixed list"},
		{"sql_file", High, "CWE-610", "lets the database read or write files of its machine", "export and import on the client's side"},
	}
}

func fileRules() []Rule {
	return []Rule{
		{"rm_rf", Critical, "CWE-73", "removes a tree of files without asking", "remove the files by name, or move them to a trash folder"},
		{"rm_root", Critical, "CWE-73", "removes the system's or the user's own files", "name the one file or folder that is meant"},
		{"find_delete", High, "CWE-73", "deletes whatever a search finds", "print the list first, narrow it, delete by name"},
		{"shred", High, "CWE-73", "overwrites files beyond recovery", "keep a backup, remove by name"},
		{"shutil_rmtree", High, "CWE-73", "removes a tree of files without asking", "use send2trash, or check the path against the folder that may be cleared"},
		{"recursive_delete", High, "CWE-73", "removes a tree of files without asking", "check the path against the folder that may be cleared"},
		{"file_delete", Low, "CWE-73", "deletes a file", "check that the path is one of yours"},
	}
}

func machineRules() []Rule {
	return []Rule{
		{"mkfs", Critical, "CWE-73", "makes a new file system and loses what the device held", "do this by hand"},
		{"dd_disk", Critical, "CWE-73", "writes over a disk", "write to a file, or do this by hand"},
		{"device_write", Critical, "CWE-73", "writes to a disk device", "write to a file"},
		{"format_drive", Critical, "CWE-73", "formats a drive", "do this by hand"},
		{"fork_bomb", Critical, "CWE-400", "starts processes without end", "bound the number of processes"},
		{"sudo", High, "CWE-250", "takes more rights than it was given", "run as a user that has the rights that are needed"},
		{"chmod_777", High, "CWE-732", "lets everybody change the file", "use 755 for programs and folders, 644 for files"},
		{"setuid_root", Critical, "CWE-250", "becomes root", "drop rights instead of taking them"},
	}
}

func codeRules() []Rule {
	return []Rule{
		{"eval", High, "CWE-95", "runs a text as code", "parse the text: JSON.parse, ast.literal_eval, a lookup table"},
		{"exec", High, "CWE-95", "runs a text as code", "call a function that exists"},
		{"dynamic_code", High, "CWE-470", "reaches code by a name made at run time", "import and call it by its name"},
		{"os_command", High, "CWE-78", "runs a command line", "run a program with a list of arguments, or use a library"},
		{"pipe_to_shell", Critical, "CWE-494", "runs what it downloads or decodes, unseen", "download, compare with a known digest, read, then run"},
		{"reverse_shell", Critical, "CWE-506", "gives a shell to the network", "do not do this"},
		{"exfiltration", Critical, "CWE-200", "sends what is secret to the network", "do not do this"},
		{"cloud_delete", High, "CWE-73", "deletes what a service keeps, with no way back", "list what would go, keep a backup, delete by name"},
		{"container_escape", High, "CWE-250", "gives a container the machine that it runs on", "grant the one capability or folder that is needed"},
		{"stops_machine", High, "CWE-400", "stops the machine, or everything on it", "stop the one service that is meant"},
		{"guard_off", High, "CWE-693", "switches off what guards or records", "change the one rule that is in the way"},
		{"history_loss", Medium, "CWE-73", "loses history or changes that were not saved", "push without force, stash or commit first"},
		{"workflow_injection", High, "CWE-94", "puts what strangers wrote into a command", "pass it through an environment variable, and quote that"},
		{"unsafe_deserialization", High, "CWE-502", "builds objects from data, which can run code", "use JSON, yaml.safe_load or weights_only=True"},
		{"tls_off", High, "CWE-295", "does not check whom it talks to", "trust the right certificate instead of every one"},
	}
}

func requestRules() []Rule {
	return []Rule{
		{"path_traversal", High, "CWE-22", "opens the file that a stranger names", "take the name apart from its folders (filepath.IsLocal, os.Root, basename), and check that the result stays in its folder"},
		{"ssrf", High, "CWE-918", "asks the address that a stranger names", "ask only hosts of a fixed list"},
		{"xss", High, "CWE-79", "writes what it is given into a page as markup", "set text, escape it, or clean the markup first"},
		{"open_redirect", Medium, "CWE-601", "sends the browser where a stranger says", "redirect to paths of this site, or to hosts of a fixed list"},
		{"prototype_pollution", Medium, "CWE-1321", "copies members that may be named __proto__", "skip __proto__, constructor and prototype, or copy known members"},
		{"heavy_work", Medium, "CWE-400", "does as much work as a stranger asks for", "bound the size, the depth and the time"},
		{"weak_crypto", Medium, "CWE-327", "uses cryptography that can be broken", "use AES-GCM, SHA-256, argon2 or bcrypt, keys of 2048 bits and more, TLS 1.2 and more"},
		{"weak_random", Medium, "CWE-338", "makes a secret of numbers that can be guessed", "use the random source that is made for secrets"},
		{"weak_auth", High, "CWE-287", "lets in who has not shown who they are", "verify the signature or the password, and name the algorithms that are accepted"},
		{"exposed", Medium, "CWE-668", "opens to everybody what a few should reach", "name who may reach it"},
		{"persistence", High, "CWE-506", "stays on the machine and starts again by itself", "install it in the open, by the package manager"},
	}
}

func secretRules() []Rule {
	return []Rule{
		{"hardcoded_api_key", Critical, "CWE-798", "has a key written into it", "read it from the environment or a secret store, and revoke this one"},
		{"hardcoded_password", Critical, "CWE-798", "has a password written into it", "read it from the environment or a secret store, and change this one"},
		{"aws_key", Critical, "CWE-798", "has an AWS access key id in it", "use a role or the environment, and revoke this one"},
		{"private_key", Critical, "CWE-321", "has a private key in it", "keep it in a file or a secret store, and replace this one"},
		{"github_token", Critical, "CWE-798", "has a GitHub token in it", "read it from the environment, and revoke this one"},
		{"service_token", Critical, "CWE-798", "has a service's token in it", "read it from the environment, and revoke this one"},
		{"hidden_text", High, "CWE-1007", "has characters that make it read differently from what it is", "remove the invisible characters"},
		{"nested_code", Medium, "CWE-506", "is code in code in code, too deep to be examined", "write it out"},
	}
}
