package code

import "strings"

// callTable returns the rules for calls in a language by the last part of the function's path.
func callTable(l Language) map[string][]callRule {
	var rules []callRule
	switch l {
	case Python:
		rules = append(pythonCode(), pythonCommands()...)
	case JavaScript, TypeScript:
		rules = scriptCalls()
	case Go:
		rules = goCalls()
	case Java:
		rules = javaCalls()
	case Ruby:
		rules = rubyCalls()
	case PHP:
		rules = phpCalls()
	case C:
		rules = cCalls()
	case Rust:
		rules = rustCalls()
	default:
	}
	table := make(map[string][]callRule, len(rules))
	for _, r := range rules {
		name := r.path[strings.LastIndexByte(r.path, '.')+1:]
		table[name] = append(table[name], r)
	}
	return table
}

func pythonCode() []callRule {
	return []callRule{
		{"eval", eval, High, High, withArgs, runsCode},
		{"builtins.eval", eval, High, High, withArgs, runsCode},
		{"__builtins__.eval", eval, High, High, withArgs, runsCode},
		{"exec", exec, High, High, withArgs, runsCode},
		{"builtins.exec", exec, High, High, withArgs, runsCode},
		{"__builtins__.exec", exec, High, High, withArgs, runsCode},
		{"execfile", exec, High, High, withArgs, runsNothing},
		{"compile", dynamicCode, Medium, Medium, withArgs, runsCode},
		{"builtins.compile", dynamicCode, Medium, Medium, withArgs, runsCode},
		{"__import__", dynamicCode, Medium, Low, withModule, runsNothing},
		{"builtins.__import__", dynamicCode, Medium, Low, withModule, runsNothing},
		{"importlib.import_module", dynamicCode, Medium, Low, withModule, runsNothing},
		{"getattr", dynamicCode, High, High, withDanger, runsNothing},
		{"builtins.getattr", dynamicCode, High, High, withDanger, runsNothing},
		{"code.interact", dynamicCode, Medium, Medium, always, runsNothing},
		{"pickle.loads", deserialize, High, High, always, runsNothing},
		{"pickle.load", deserialize, High, High, always, runsNothing},
		{"pickle.Unpickler", deserialize, High, High, always, runsNothing},
		{"_pickle.loads", deserialize, High, High, always, runsNothing},
		{"cPickle.loads", deserialize, High, High, always, runsNothing},
		{"cPickle.load", deserialize, High, High, always, runsNothing},
		{"dill.loads", deserialize, High, High, always, runsNothing},
		{"dill.load", deserialize, High, High, always, runsNothing},
		{"cloudpickle.loads", deserialize, High, High, always, runsNothing},
		{"cloudpickle.load", deserialize, High, High, always, runsNothing},
		{"jsonpickle.decode", deserialize, High, High, always, runsNothing},
		{"pandas.read_pickle", deserialize, Medium, Medium, always, runsNothing},
		{"pd.read_pickle", deserialize, Medium, Medium, always, runsNothing},
		{"joblib.load", deserialize, Medium, Medium, always, runsNothing},
		{"shelve.open", deserialize, Medium, Low, always, runsNothing},
		{"torch.load", deserialize, Medium, Medium, unlessWeights, runsNothing},
		{"marshal.loads", deserialize, High, High, always, runsNothing},
		{"marshal.load", deserialize, High, High, always, runsNothing},
		{"yaml.load", deserialize, High, High, unlessSafe, runsNothing},
		{"yaml.load_all", deserialize, High, High, unlessSafe, runsNothing},
		{"yaml.unsafe_load", deserialize, High, High, always, runsNothing},
		{"yaml.unsafe_load_all", deserialize, High, High, always, runsNothing},
		{"yaml.full_load", deserialize, Medium, Medium, always, runsNothing},
		{"ssl._create_unverified_context", tlsOff, High, High, always, runsNothing},
	}
}

func pythonCommands() []callRule {
	rules := []callRule{
		{"os.system", osCommand, High, Medium, always, runsShell},
		{"os.popen", osCommand, High, Medium, always, runsShell},
		{"pty.spawn", osCommand, High, High, always, runsShell},
		{"subprocess.getoutput", osCommand, High, Medium, always, runsShell},
		{"subprocess.getstatusoutput", osCommand, High, Medium, always, runsShell},
		{"commands.getoutput", osCommand, High, Medium, always, runsShell},
		{"asyncio.create_subprocess_shell", osCommand, High, Medium, always, runsShell},
		{"asyncio.create_subprocess_exec", osCommand, Low, Low, neverAlone, runsList},
		{"?.__subclasses__", dynamicCode, High, High, always, runsNothing},
		{"object.__subclasses__", dynamicCode, High, High, always, runsNothing},
		{"__base__.__subclasses__", dynamicCode, High, High, always, runsNothing},
		{"os.dup2", reverseShell, Critical, Critical, withStdio, runsNothing},
		{"open", deviceWrite, High, High, withVital, runsNothing},
		{"*.delete_many", deleteAll, High, High, withEmpty, runsNothing},
		{"all().delete", deleteAll, High, High, withEmpty, runsNothing},
		{"query().delete", deleteAll, High, High, withEmpty, runsNothing},
		{"*.flushall", deleteAll, High, High, always, runsNothing},
		{"*.drop_all", dropTable, High, High, always, runsNothing},
		{"*.drop_database", dropTable, High, High, always, runsNothing},
		{"*.delete_bucket", cloudDelete, High, High, always, runsNothing},
		{"*.terminate_instances", cloudDelete, High, High, always, runsNothing},
		{"AutoAddPolicy", tlsOff, Medium, Medium, always, runsNothing},
		{"*.AutoAddPolicy", tlsOff, Medium, Medium, always, runsNothing},
		{"shutil.rmtree", shutilRmtree, High, High, always, runsNothing},
		{"os.removedirs", recursiveDelete, Medium, Medium, always, runsNothing},
		{"os.remove", fileDelete, Low, Low, always, runsNothing},
		{"os.unlink", fileDelete, Low, Low, always, runsNothing},
		{"os.rmdir", fileDelete, Low, Low, always, runsNothing},
		{"*.unlink", fileDelete, Low, Low, always, runsNothing},
		{"*.rmdir", fileDelete, Low, Low, always, runsNothing},
		{"*.chmod", chmod777, High, High, withMode, runsNothing},
		{"os.fchmod", chmod777, High, High, withMode, runsNothing},
		{"os.setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"os.seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"os.setreuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"os.setresuid", setuidRoot, Critical, Critical, withZero, runsNothing},
	}
	for name := range strings.FieldsSeq("requests.post requests.put requests.get requests.request httpx.post httpx.put urllib.request.urlopen urlopen session.post client.post") {
		rules = append(rules, callRule{name, exfiltration, Critical, Critical, withSecret, runsNothing})
	}
	rules = append(rules, callRule{"*.system", osCommand, High, Medium, withArgs, runsShell})
	for name := range strings.FieldsSeq("run call check_call check_output Popen") {
		rules = append(rules, callRule{"subprocess." + name, osCommand, High, Medium, withShell, runsEither})
	}
	for name := range strings.FieldsSeq("execl execle execlp execv execve execvp execvpe spawnl spawnv spawnlp spawnvp posix_spawn") {
		rules = append(rules, callRule{"os." + name, osCommand, Medium, Medium, always, runsList})
	}
	return rules
}

func scriptCalls() []callRule {
	rules := []callRule{
		{"Function", eval, High, High, withArgs, runsCode},
		{"constructor.constructor", eval, High, High, withArgs, runsCode},
		{"setTimeout", eval, High, High, withText, runsCode},
		{"setInterval", eval, High, High, withText, runsCode},
		{"window.setTimeout", eval, High, High, withText, runsCode},
		{"window.setInterval", eval, High, High, withText, runsCode},
		{"execScript", eval, High, High, withArgs, runsCode},
		{"vm.runInNewContext", dynamicCode, High, High, always, runsCode},
		{"vm.runInThisContext", dynamicCode, High, High, always, runsCode},
		{"vm.runInContext", dynamicCode, High, High, always, runsCode},
		{"vm.Script", dynamicCode, High, High, always, runsCode},
		{"Reflect.get", dynamicCode, High, High, withDanger, runsNothing},
		{"exec", exec, Medium, Medium, withArgs, runsShell},
		{"execSync", osCommand, High, Medium, withArgs, runsShell},
		{"child_process.exec", osCommand, High, Medium, always, runsShell},
		{"child_process.execSync", osCommand, High, Medium, always, runsShell},
		{"cp.exec", osCommand, High, Medium, always, runsShell},
		{"cp.execSync", osCommand, High, Medium, always, runsShell},
		{"shell.exec", osCommand, High, Medium, always, runsShell},
		{"child_process.spawn", osCommand, High, Medium, withShell, runsList},
		{"child_process.spawnSync", osCommand, High, Medium, withShell, runsList},
		{"child_process.execFile", osCommand, High, Medium, withShell, runsList},
		{"child_process.execFileSync", osCommand, High, Medium, withShell, runsList},
		{"spawn", osCommand, High, Medium, withShell, runsList},
		{"Deno.Command", osCommand, Low, Low, neverAlone, runsList},
		{"Deno.run", osCommand, Low, Low, neverAlone, runsList},
		{"execaCommand", osCommand, High, Medium, withArgs, runsShell},
		{"execaCommandSync", osCommand, High, Medium, withArgs, runsShell},
		{"knex().del", deleteAll, High, High, always, runsNothing},
		{"db().del", deleteAll, High, High, always, runsNothing},
		{"knex().truncate", truncateTable, High, High, always, runsNothing},
		{"jwt.sign", apiKey, High, High, withPassword, runsNothing},
		{"jwt.verify", apiKey, High, High, withPassword, runsNothing},
		{"rimraf", recursiveDelete, Medium, Medium, withArgs, runsNothing},
		{"rimraf.sync", recursiveDelete, Medium, Medium, withArgs, runsNothing},
		{"*.rmSync", recursiveDelete, Medium, Medium, withRecursive, runsNothing},
		{"rm", recursiveDelete, Medium, Medium, withRecursive, runsNothing},
		{"*.rm", recursiveDelete, Medium, Medium, withRecursive, runsNothing},
		{"*.rmdirSync", recursiveDelete, Medium, Medium, withRecursive, runsNothing},
		{"*.rmdir", recursiveDelete, Medium, Medium, withRecursive, runsNothing},
		{"*.removeSync", recursiveDelete, Medium, Medium, withText, runsNothing},
		{"*.emptyDirSync", recursiveDelete, Medium, Medium, always, runsNothing},
		{"*.unlink", fileDelete, Low, Low, always, runsNothing},
		{"*.unlinkSync", fileDelete, Low, Low, always, runsNothing},
		{"*.chmod", chmod777, High, High, withMode, runsNothing},
		{"*.chmodSync", chmod777, High, High, withMode, runsNothing},
		{"process.binding", dynamicCode, Medium, Medium, always, runsNothing},
		{"*.writeFileSync", deviceWrite, High, High, withVital, runsNothing},
		{"*.writeFile", deviceWrite, High, High, withVital, runsNothing},
		{"*.appendFileSync", deviceWrite, High, High, withVital, runsNothing},
		{"*.deleteMany", deleteAll, High, High, withEmpty, runsNothing},
		{"*.dropDatabase", dropTable, High, High, always, runsNothing},
		{"*.flushall", deleteAll, High, High, always, runsNothing},
		{"*.flushAll", deleteAll, High, High, always, runsNothing},
		{"fetch", exfiltration, Critical, Critical, withSecret, runsNothing},
		{"axios.post", exfiltration, Critical, Critical, withSecret, runsNothing},
		{"process.setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"process.seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"*.unserialize", deserialize, High, High, always, runsNothing},
	}
	rules = append(rules, callRule{"*.exec", osCommand, Low, Low, neverAlone, runsShell}, callRule{"*.execSync", osCommand, High, Medium, withArgs, runsShell})
	for scope := range strings.FieldsSeq("eval window.eval globalThis.eval self.eval global.eval top.eval parent.eval eval.call eval.apply") {
		rules = append(rules, callRule{scope, eval, High, High, withArgs, runsCode})
	}
	return rules
}

func goCalls() []callRule {
	return []callRule{
		{"exec.Command", osCommand, Low, Low, neverAlone, runsList},
		{"exec.CommandContext", osCommand, Low, Low, neverAlone, runsList},
		{"syscall.Exec", osCommand, Medium, Medium, always, runsList},
		{"unix.Exec", osCommand, Medium, Medium, always, runsList},
		{"os.StartProcess", osCommand, Medium, Medium, always, runsList},
		{"*.DeleteMany", deleteAll, High, High, withEmptyFilter, runsNothing},
		{"*.FlushAll", deleteAll, High, High, always, runsNothing},
		{"*.FlushDB", deleteAll, High, High, always, runsNothing},
		{"*.DropTable", dropTable, High, High, always, runsNothing},
		{"syscall.Reboot", stopsMachine, High, High, always, runsNothing},
		{"unix.Reboot", stopsMachine, High, High, always, runsNothing},
		{"ssh.InsecureIgnoreHostKey", tlsOff, High, High, always, runsNothing},
		{"grpc.WithInsecure", tlsOff, Medium, Medium, always, runsNothing},
		{"*.ParseUnverified", weakAuth, High, High, always, runsNothing},
		{"gob.NewDecoder", deserialize, Medium, Medium, always, runsNothing},
		{"des.NewCipher", weakCrypto, Medium, Medium, always, runsNothing},
		{"des.NewTripleDESCipher", weakCrypto, Medium, Medium, always, runsNothing},
		{"rc4.NewCipher", weakCrypto, Medium, Medium, always, runsNothing},
		{"*.RunString", eval, High, Low, withArgs, runsNothing},
		{"*.DoString", eval, High, Low, withArgs, runsNothing},
		{"interp.Eval", eval, High, Low, withArgs, runsNothing},
		{"i.Eval", eval, High, Low, withArgs, runsNothing},
		{"os.OpenFile", deviceWrite, High, High, withVital, runsNothing},
		{"os.Create", deviceWrite, High, High, withVital, runsNothing},
		{"os.Truncate", deviceWrite, High, High, withSystem, runsNothing},

		{"req.SetBasicAuth", password, Critical, Critical, withPassword, runsNothing},
		{"*.SetBasicAuth", password, Critical, Critical, withPassword, runsNothing},
		{"smtp.PlainAuth", password, Critical, Critical, withPassword, runsNothing},
		{"plugin.Open", dynamicCode, Medium, Medium, always, runsNothing},
		{"os.RemoveAll", recursiveDelete, Medium, Medium, always, runsNothing},
		{"os.Remove", fileDelete, Low, Low, always, runsNothing},
		{"syscall.Unlink", fileDelete, Low, Low, always, runsNothing},
		{"os.Chmod", chmod777, High, High, withMode, runsNothing},
		{"*.Chmod", chmod777, High, High, withMode, runsNothing},
		{"os.Mkdir", chmod777, Medium, Medium, withMode, runsNothing},
		{"os.MkdirAll", chmod777, Medium, Medium, withMode, runsNothing},
		{"os.WriteFile", deviceWrite, High, High, withVital, runsNothing},
		{"syscall.Setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"syscall.Seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"unix.Setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"syscall.Setreuid", setuidRoot, Critical, Critical, withZero, runsNothing},
	}
}

func javaCalls() []callRule {
	return []callRule{
		{"getRuntime().exec", osCommand, High, Medium, always, runsEither},
		{"runtime.exec", osCommand, High, Medium, always, runsEither},
		{"rt.exec", osCommand, High, Medium, always, runsEither},
		{"ProcessBuilder", osCommand, Medium, Low, withArgs, runsList},
		{"engine.eval", eval, High, High, withArgs, runsNothing},
		{"scriptEngine.eval", eval, High, High, withArgs, runsNothing},
		{"Class.forName", dynamicCode, Medium, Low, withArgs, runsNothing},
		{"*.readObject", deserialize, High, Medium, always, runsNothing},
		{"*.readUnshared", deserialize, High, High, always, runsNothing},
		{"XMLDecoder", deserialize, High, High, always, runsNothing},
		{"FileUtils.deleteDirectory", recursiveDelete, High, High, always, runsNothing},
		{"FileSystemUtils.deleteRecursively", recursiveDelete, High, High, always, runsNothing},
		{"MoreFiles.deleteRecursively", recursiveDelete, High, High, always, runsNothing},
		{"Files.delete", fileDelete, Low, Low, always, runsNothing},
		{"Files.deleteIfExists", fileDelete, Low, Low, always, runsNothing},
		{"*.deleteOnExit", fileDelete, Low, Low, always, runsNothing},
	}
}

func rubyCalls() []callRule {
	return []callRule{
		{"eval", eval, High, High, withArgs, runsCode},
		{"Kernel.eval", eval, High, High, withArgs, runsCode},
		{"*.instance_eval", eval, High, High, withArgs, runsCode},
		{"*.class_eval", eval, High, High, withArgs, runsCode},
		{"*.send", dynamicCode, High, High, withDanger, runsNothing},
		{"system", osCommand, High, Medium, withArgs, runsEither},
		{"Kernel.system", osCommand, High, Medium, withArgs, runsEither},
		{"exec", exec, High, Medium, withArgs, runsEither},
		{"Kernel.exec", exec, High, Medium, withArgs, runsEither},
		{"Process.spawn", osCommand, High, Medium, withArgs, runsEither},
		{"spawn", osCommand, High, Medium, withArgs, runsEither},
		{"IO.popen", osCommand, High, Medium, always, runsEither},
		{"Open3.capture2", osCommand, High, Medium, always, runsEither},
		{"Open3.capture3", osCommand, High, Medium, always, runsEither},
		{"Open3.popen3", osCommand, High, Medium, always, runsEither},
		{"Marshal.load", deserialize, High, High, always, runsNothing},
		{"YAML.load", deserialize, Medium, Medium, unlessSafe, runsNothing},
		{"YAML.unsafe_load", deserialize, High, High, always, runsNothing},
		{"FileUtils.rm_rf", recursiveDelete, High, High, always, runsNothing},
		{"FileUtils.rm_r", recursiveDelete, High, High, always, runsNothing},
		{"FileUtils.remove_dir", recursiveDelete, High, High, always, runsNothing},
		{"File.delete", fileDelete, Low, Low, always, runsNothing},
		{"File.unlink", fileDelete, Low, Low, always, runsNothing},
		{"*.chmod", chmod777, High, High, withMode, runsNothing},
		{"Process.setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"unlink", fileDelete, Low, Low, withArgs, runsNothing},
	}
}

func phpCalls() []callRule {
	rules := []callRule{
		{"eval", eval, High, High, withArgs, runsCode},
		{"assert", eval, High, High, withText, runsCode},
		{"create_function", eval, High, High, withArgs, runsNothing},
		{"unserialize", deserialize, High, Medium, withArgs, runsNothing},
		{"call_user_func", dynamicCode, High, High, withDanger, runsNothing},
		{"unlink", fileDelete, Low, Low, always, runsNothing},
		{"rmdir", fileDelete, Low, Low, always, runsNothing},
		{"chmod", chmod777, High, High, withMode, runsNothing},
		{"mkdir", chmod777, Medium, Medium, withMode, runsNothing},
		{"include", dynamicCode, High, High, withInput, runsNothing},
		{"require", dynamicCode, High, High, withInput, runsNothing},
		{"include_once", dynamicCode, High, High, withInput, runsNothing},
		{"require_once", dynamicCode, High, High, withInput, runsNothing},
		{"posix_setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"posix_seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
	}
	for name := range strings.FieldsSeq("system shell_exec passthru popen proc_open pcntl_exec") {
		rules = append(rules, callRule{name, osCommand, High, Medium, withArgs, runsShell})
	}
	return append(rules, callRule{"exec", exec, High, Medium, withArgs, runsShell})
}

func cCalls() []callRule {
	rules := []callRule{
		{"system", osCommand, High, Medium, withArgs, runsShell},
		{"std.system", osCommand, High, Medium, withArgs, runsShell},
		{"popen", osCommand, High, Medium, withArgs, runsShell},
		{"_popen", osCommand, High, Medium, withArgs, runsShell},
		{"WinExec", osCommand, High, Medium, withArgs, runsShell},
		{"fs.remove_all", recursiveDelete, High, High, always, runsNothing},
		{"filesystem.remove_all", recursiveDelete, High, High, always, runsNothing},
		{"remove", fileDelete, Low, Low, withArgs, runsNothing},
		{"unlink", fileDelete, Low, Low, withArgs, runsNothing},
		{"chmod", chmod777, High, High, withMode, runsNothing},
		{"fchmod", chmod777, High, High, withMode, runsNothing},
		{"setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"setreuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"setresuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"curl_easy_setopt", tlsOff, High, High, neverAlone, runsNothing},
	}
	for name := range strings.FieldsSeq("execl execlp execle execv execvp execve") {
		rules = append(rules, callRule{name, osCommand, Medium, Medium, withArgs, runsList})
	}
	return rules
}

func rustCalls() []callRule {
	return []callRule{
		{"Command.new", osCommand, Low, Low, neverAlone, runsNothing},
		{"fs.remove_dir_all", recursiveDelete, Medium, Medium, always, runsNothing},
		{"remove_dir_all", recursiveDelete, Medium, Medium, always, runsNothing},
		{"fs.remove_file", fileDelete, Low, Low, always, runsNothing},
		{"*.from_mode", chmod777, High, High, withMode, runsNothing},
		{"libc.setuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"libc.seteuid", setuidRoot, Critical, Critical, withZero, runsNothing},
		{"libc.system", osCommand, High, High, always, runsNothing},
	}
}
