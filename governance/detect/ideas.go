package detect

import "strings"

// An idea is what words of an instruction mean, in whatever language. Instructions are recognised by ideas that stand
// together, so that a paraphrase needs no rule of its own.
type idea uint8

const (
	ideaIgnore  idea = iota // stop heeding
	ideaOrders              // instructions, rules
	ideaPrior               // that came before
	ideaAll                 // all of them
	ideaYours               // yours, those of the system
	ideaMatter              // messages, paragraphs: what else may be ignored
	ideaFavor               // a verdict that somebody wants to have
	ideaPrompt              // the system prompt
	ideaReveal              // show, repeat
	ideaRole                // you are now
	ideaUnbound             // without restrictions
	ideaNew                 // new instructions, your real task
	ideaReader              // an AI that reads this
	ideaUrgent              // important, system override
	ideaSecrecy             // do not tell
	ideaUser                // the user
	ideaInvoke              // call, run
	ideaTool                // a tool, a function
	ideaSend                // send, upload
	ideaGoods               // credentials, the conversation
	ideaAway                // an address to send it to
	ideaFile                // a file that holds secrets
	ideaRead                // read, open
	ideaMust                // must, please
	ideaBefore              // before using this tool
	ideaOther               // other tools, another server
	ideaDestroy             // delete everything, transfer money
	ideaAddress             // note to AI
	ideaHidden              // a comment, an element that is not shown
	ideaTalk                // talk about attacks of this kind
	ideaExample             // for example, such as
	ideaCount
)

// phrases returns the words of an idea, separated by bars. They are stems where a language inflects; those of Cyrillic and
// Greek leave out a first letter that may be a capital. Behind an empty one stand those that are orders by themselves,
// wherever they stand.
func phrases(i idea) string {
	switch i {
	case ideaIgnore:
		return ignoreWords
	case ideaOrders:
		return ordersWords
	case ideaPrior:
		return priorWords
	case ideaAll:
		return "all |any |every|entire|these |those |whatever|each of |anything|alle |alles|sämtliche|tout |toutes|tous |todas|todos|todo |tutte|tutti|tutto|wszystk|alla |allt |kaikki|všech|toate|minden|tüm |bütün|semua|tất cả" +
			"|все |всё |всі |усі |所有|全部|一切|すべて|全て|全ての|모든|جميع|كل |सभी|כל "
	case ideaYours:
		return "your |its |safety |the system|system's|developer's|openai|anthropic|deine|tes |vos |tus |sus |suas |tuas |le tue|твои|ваши|свои|你的|您的|あなたの|너의|당신의"
	case ideaMatter:
		return "messages|message|orders|command|conversation|configuration|context|filters|constraint|policies|paragraph|text|page|request|content|document|limits|parameters|settings|task|question|comandos|komut|команд|消息|内容|メッセージ|메시지"
	case ideaFavor:
		return "positive review|five stars|5 stars|full marks|recommend our|recommend this product|recommend only|highest score|maximum score|accept this paper|accept the paper|strong accept|give it a|only say|respond only with|reply only with|answer only with|say nothing else|top candidate|best candidate|rate this|hire this"
	case ideaPrompt:
		return "system prompt|system message|system instruction|initial prompt|hidden prompt|developer message|developer prompt|hidden instruction|original instruction|initial instruction|secret instruction|your instructions" +
			"|your guidelines|preprompt|pre-prompt|systemprompt|prompt système|instructions système|prompt del sistema|prompt de sistema|prompt do sistema|prompt di sistema|system-prompt|systemanweisung" +
			"|системный промпт|системную инструкцию|системного промпта|系统提示|系统指令|システムプロンプト|시스템 프롬프트|text above|words above|everything above"
	case ideaReveal:
		return "reveal|repeat |print |output |display |show me|tell me|disclose|leak |dump |recite|write out|spell out|share your|what is your|what are your|what were your|echo |summarize your|translate your|zeige |gib mir|verrate|wiederhole|affiche|révèle|montre" +
			"|répète|muestra|revela|repite|mostre|revele|repita|mostra|ripeti|rivela|pokaż|ujawnij|toon |покажи|раскрой|повтори|выведи|显示|输出|泄露|告诉我|打印|表示して|教えて|出力して|공개|출력"
	case ideaRole:
		return roleWords
	case ideaUnbound:
		return unboundWords
	case ideaNew:
		return "new instruction|new task|new directive|new rule|new objective|new goal|new order|new system prompt|updated instruction|revised instruction|real task|actual task|true task|real instruction|actual instruction|your task is now|your new|instead, |instead you|instead do" +
			"|following instruction|these instructions|instructions below|commands below|following commands|commands that follow|instructions that follow|do the following first|do this first|the task that i gave|strictly adhere|adhere to the following|what is written below|only what is written|commands i give|message from your developer|from your developers|next instruction|additional instruction|only follow|follow only|neue anweisung|neue aufgabe|stattdessen|nouvelles instructions|nouvelle tâche|à la place|nuevas instrucciones|nueva tarea|en su lugar" +
			"|novas instruções|nova tarefa|em vez disso|nuove istruzioni|nuovo compito|invece|nowe instrukcje|nieuwe instructies|новые инструкции|новая задача|вместо этого|新指令|新的指令|新任务|新しい指示|새로운 지시"
	case ideaReader:
		return readerWords
	case ideaUrgent:
		return "important|attention|urgent|critical:|mandatory|system override|override:|priority|system notice|system update|system alert|security notice|warning:|admin note|administrator|system:|[system|<system|<important|wichtig|achtung|dringend" +
			"|urgente|importante|atención|atenção|attenzione|pilne|ważne|важно|внимание|срочно|重要|注意|紧急|緊急|중요"
	case ideaSecrecy:
		return secrecyWords
	case ideaUser:
		return "user|that you were|this step|these instruction|this instruction|about this|mention this|this to |human|customer|anyone|operator|client|dem nutzer|benutzer|anwender|utilisateur|usuario|usuário|utente|gebruiker|użytkownik|ользовател|користувач|用户|用戶|ユーザ|사용자"
	default:
		return deedPhrases(i)
	}
}

// deedPhrases returns the words of ideas that are about what is to be done.
func deedPhrases(i idea) string {
	switch i {
	case ideaInvoke:
		return "call |invoke|execute|run |trigger|use the|use your|use a |using the|make a call|perform|rufe|führe|verwende|nutze|appelle|exécute|utilise|llama |ejecuta|invoca|usa |chame|execute|chiama|esegui|wywołaj|uruchom|вызови|запусти|выполни|используй|调用|執行|执行|使用|呼び出|実行|호출|실행"
	case ideaTool:
		return "tool|function call|function |_file|_email|_message|_payment|plugin|mcp|outil|herramienta|ferramenta|strument|werkzeug|narzędzi|инструмент|工具|函数|ツール|関数|도구"
	case ideaSend:
		return "send|forward|post |upload|email |e-mail |transmit|exfiltrat|leak |append|share |submit|deliver|relay|type in|fill in|disclose|reveal|enter |make a request|http request|get request|post request|fetch |navigate to|curl |wget|copy |bcc|sende|schicke|übermittle|leite|envoie|envoyez|transmets|envía|envia|enviar|manda|reenvía|encaminhe|invia|inoltra" +
			"|stuur|wyślij|prześlij|отправь|отправьте|перешли|отправить|发送|发给|上传|转发|送信|送って|転送|전송|보내"
	case ideaGoods:
		return goodsWords
	case ideaAway:
		return "http://|https://|webhook|attacker|@|ngrok|.onion|ftp://|external server|remote server|this address|this url|following url|following address|endpoint"
	case ideaFile:
		return ".ssh/|id_rsa|id_ed25519|.env|.aws/|/etc/passwd|/etc/shadow|mcp.json|.cursor/|.netrc|.npmrc|.git-credentials|.kube/config|.bash_history|.zsh_history|.gnupg|keychain|wallet.dat|credentials.json|config.json|.pem|authorized_keys|.docker/config|login data|cookies.sqlite|secrets.y"
	case ideaRead:
		return "read |open |load |cat |access |retrieve|fetch |get the content|include the content|contents of|content of|lies |lis |lee |leer |leggi|przeczytaj|прочитай|прочти|读取|読み|읽"
	case ideaMust:
		return "must|should|please|always|you need to|you have to|required to|make sure|be sure|ensure that|immediately|do the following|proceed to|go ahead and|it is essential|it is necessary|it is critical|it is imperative|musst|müssen|bitte|tu dois|vous devez|veuillez|debes|debe |deve |devi |você deve|musisz|ты должен|вы должны|обязательно|必须|請|请|务必|してください|하십시오|해야"
	case ideaBefore:
		return "before using|before calling|before invoking|before any|before you |prior to using|when using|when calling|whenever|every time|each time|after using|after calling|after every|before responding|before answering|before replying|before you reply|before you answer|before continuing|before proceeding|before doing anything|before you can solve|first call|always call|instead of using|in order to use|for this tool to work|otherwise the tool|the tool will not|tool won't work|to unlock|tool requires"
	case ideaOther:
		return "other tool|another tool|all tools|any tool|any other tool|other server|every tool|all other tools|tool is called|tool is invoked|tool is used|tool is present|tool is available|all emails|all messages|all requests"
	case ideaDestroy:
		return "delete all|delete every|remove all files|wipe |rm -rf|drop table|drop database|format the|transfer all|transfer $|transfer the|wire transfer|send money|send $|purchase|buy |disable security|disable the|turn off|grant admin|grant access|add the following user|make the repository public|push to|merge the|approve the|delete the|unlock the|open the door"
	case ideaAddress:
		return "note to ai|note to the ai|note for ai|message to ai|message for ai|instruction for ai|instructions for ai|instructions to ai|attention ai|attention all ai|all ai systems|all ai agents|if you are an ai|if you're an ai|if an ai|dear ai|hey ai|any ai|ai agents reading|ai assistants reading|ais reading|ai reading this|llms reading|to the ai|to the language model|hey claude|hey chatgpt|hey assistant|dear assistant|note to assistant|note to the assistant|note for the assistant|message for the assistant|to any llm|to all llms|automated agents|ai only|for ai eyes|hello ai|to whichever model|an die ki|hinweis an ki|pour l'ia|note à l'ia|nota para la ia|nota para a ia|nota per l'ia|для ии|致人工智能|给ai的|aiへ"
	case ideaTalk:
		return talkWords
	case ideaExample:
		return "for example|for instance|e.g.|such as|example:|examples:|example of|phrase|says \"|say \"|like \"|like:|text \"|string \"|beispiel|par exemple|por ejemplo|por exemplo|ad esempio|например|例如|比如|例えば|test case|assert|expect(|describe(|it('|unittest|pytest|regex|pattern|blocklist|denylist|sanitiz|corpus|dataset|benchmark"
	default:
		return ""
	}
}

const (
	ignoreWords = "ignore|disregard|forget|override|overrule|bypass|pay no attention|do not follow|don't follow|dont follow|do not heed|don't heed|stop following|no longer follow|stop obeying|do not obey|don't obey|set aside|put aside|cast aside" +
		"|discard|neglect|dismiss|abandon|throw out|throw away|drop all|drop your|drop the|cancel all|erase all|erase your|scrap |skip all|void all|nullify|supersede|replace all|replace your|do not comply|take no notice|unlearn|wipe your|clear your|reset your|delete your|stop using your|stop being|do not listen|don't listen|suspend|stop using the" +
		"||no longer have any|no longer have to|no longer bound|not bound by|no longer apply|no longer valid|no longer in effect|are void|is void|are no longer|is cancelled|are cancelled|are canceled|been cancelled|been canceled|are superseded|been superseded|are revoked|been revoked|are replaced|been replaced|been lifted|are lifted|are obsolete|are invalid|was a test|were a test" +
		"|ignorier|vergiss|vergesst|vergessen sie|missachte|beachte nicht|befolge nicht|bergehe|beachte keine|befolge keine|beachten sie keine|folge nicht|überschreib|ignoriere|ignorez|oublie|ne tiens pas compte|ne tenez pas compte|ne tiens plus compte|fais abstraction|faites abstraction|passe outre|ignora|olvida|olvide|no hagas caso|caso omiso|descarta|omite |omita |pasa por alto|desestima|no sigas" +
		"|esqueça|esquece|desconsider|desobede|não siga|ignorate|dimentica|trascura|non considerare|non tenere conto|tralascia|negeer|vergeet|zignoruj|ignoruj|zapomnij|pomiń|ignorera|glöm |ignorer |glem |bortse|unohda|jätä huomiotta|zapomeň|uită |ignoră|figyelmen kívül|felejts|yok say|görmezden gel|unut|dikkate alma|abaikan|lupakan|bỏ qua|hãy quên|γνόησε|έχασε|έχνα" +
		"|гнорир|абудь|е обращай|тбрось|ренебре|е следуй|ігнор|忽略|无视|無視|忘记|忘掉|忘記|不要理会|不要遵|抛开|不再遵|忘れて|忘れろ|従わない|破棄|取り消|従うな|気にせず|考慮しない|무시|잊어|잊고|따르지 마|تجاهل|انس |अनदेखा|नज़रअंदाज़|भूल जा|התעלם|התעלמי|שכח"
	ordersWords = "instruction|prompt|directive|guideline|guidance|rules|rule set|guardrail|restriction|programming|training|safety polic|safety check|content polic|policy|rubric|moderation|alignment|directions|protocols|persona|what you were told|what you've been told|you were told|been told|told before|was said|i said|the system said|user's request|what you know|everything you know|safeguard" +
		"|anweisung|vorgaben|befehl|richtlinie|regeln|consigne|règles|ordres|instruccion|reglas|órdenes|ordenes|directrices|directivas|indicaciones|instruç|instruc|regras|ordens|diretrizes|comandos|istruzion|regole|direttiv|comandi|instructies|opdracht|richtlijnen|regels|instrukcj|polece|zasad|wytyczn|instruktion|anvisning|regler|ohje|pokyn|instrukce|pravidla|instrucțiuni|reguli|utasítás|szabály" +
		"|talimat|kural|komut|instruksi|perintah|hướng dẫn|chỉ dẫn|δηγί|ντολ|нструкц|казани|равил|оманд|аспоряж|ромпт|становк|казів|指令|指示|说明|提示|规则|規則|命令|设定|約束|プロンプト|ルール|설정|지시|명령|지침|규칙|프롬프트|تعليمات|الأوامر|التوجيهات|निर्देश|הוראות|ההנחיות"
	priorWords = "previous|prior |above|preceding|earlier|foregoing|so far|existing|original|initial|before this|until now|up to now|up to this point|you were given|you have been given|given to you|you received|you have received|you were told|you've been told|been told|system|currently|you had|before it|told before|before this point|before now|up until|up to here|hitherto|at the start|at the beginning|initially|received|that came before|came before|i said before|said before" +
		"|vorherig|bisherig|vorige|obige|vorangehend|vorangegangen|frühere|zuvor|oben|précédent|precedent|antérieur|ci-dessus|préalable|jusqu'ici|anterior|previ|arriba|acima|prévia|sopra|eerdere|bovenstaande|voorgaande|poprzedni|wcześniej|powyższ|dotychczas|tidigare|föregående|ovanstående|tidligere|forrige|ovenstående|aiem|edelli|předchoz|výše|anterioare|előző|korábbi|fenti|nceki |yukarıda|sebelumnya|trước" +
		"|προηγούμεν|παραπάνω|редыдущ|режн|ыше|анее|редшеств|опередн|之前|以上|先前|上面|前面|此前|上述|原来|現在の|以前|これまで|上記|前の|先の|上の|이전|위의|앞선|지금까지|기존|السابقة|أعلاه|पिछले|उपरोक्त|पूर्व|הקודמות|לעיל"
	roleWords = "you are now|you're now|you will now|from now on|from this point|act as|pretend to be|pretend you|pretend that you|roleplay|role-play|your new role|new persona|henceforth|going forward you|you will act|you must act|behave as|imagine you are|take on the role|assume the role" +
		"|du bist jetzt|du bist ab|ab jetzt|ab sofort|verhalte dich|tu es maintenant|vous êtes maintenant|à partir de maintenant|désormais|agis comme|ahora eres|a partir de ahora|actúa como|agora você é|você agora é|a partir de agora|aja como|ora sei|adesso sei|da ora in poi|d'ora in poi|agisci come|jesteś teraz|od teraz|vanaf nu|je bent nu|теперь ты|ты теперь|отныне|с этого момента|你现在是|从现在开始|从现在起|現在你是|あなたは今|今からあなた|これからは|지금부터|너는 이제|당신은 이제"
	unboundWords = "no restrictions|without restriction|unrestricted|no limits|without limits|no rules|without any rules|unfiltered|uncensored|developer mode|dev mode|god mode|do anything now|dan mode| dan |jailbroken|no ethical|without ethical|no moral|without moral|evilgpt|evil ai|no filter|without filter|bypass safety|ignore safety|disable safety|anything goes|no guidelines|without guidelines|malicious assistant|no content policy|unaligned" +
		"|ohne einschränkung|keine regeln|entwicklermodus|sans restriction|mode développeur|sin restricciones|sin límites|modo desarrollador|sem restrições|modo desenvolvedor|senza restrizioni|modalità sviluppatore|bez ogranicze|без ограничений|режим разработчика|无限制|没有限制|不受限制|开发者模式|制限なし|開発者モード|제한 없|개발자 모드"
	readerWords = "ai assistant|ai agent|ai model|ai system|language model|llm|ai grader|ai reviewer|assistant|chatbot|claude|chatgpt|gpt-0|gemini|copilot|dear ai|hey ai|attention ai|attention all ai|all ai systems|note to ai|any ai|the agent|agents reading|if you are an ai|if you're an ai|as an ai|ais reading|an automated agent|large language model|ai tool|ai reader|to the ai|bot reading|the model|cursor|coding agent" +
		"|ki-assistent|ki-modell|sprachmodell|assistent|modèle de langage|asistente|modelo de lenguaje|modelo de linguagem|modello linguistico|assistente|asystent|ассистент|языков|нейросет|人工智能|助手|语言模型|大模型|アシスタント|言語モデル|어시스턴트|언어 모델"
	secrecyWords = "do not tell|don't tell|dont tell|do not mention|don't mention|do not inform|don't inform|do not reveal|don't reveal|do not notify|don't notify|do not alert|don't alert|do not disclose|don't disclose|do not let|don't let|do not show|don't show|do not ask|don't ask|do not report|don't report|do not say|don't say|do not warn|don't warn|do not explain|don't explain|do not acknowledge|do not announce|do not display|do not include this|never tell|never mention|never reveal|never inform|must not tell|must not mention|must not know|should not know|shouldn't know|not be told|not be informed|without telling|without informing|without notifying|without mentioning|without asking|without alerting|without confirm|without the user|without user|without their knowledge|without permission" +
		"|keep this secret|keep it secret|keep this hidden|keep this between|keep this confidential|silently|quietly|secretly|covertly|discreetly|stealthily|invisibly|hide this|conceal|behind the scenes|no need to mention|avoid mentioning|avoid telling|refrain from|not aware|unaware|sage dem|sag dem|erwähne|verrate nicht|ohne zu fragen|ohne den nutzer|heimlich|verschweige|ne dis pas|ne dites pas|ne mentionne|ne mentionnez|n'informe|sans informer|sans prévenir|sans demander|discrètement|no le digas|no menciones|no informes|no digas|sin avisar|sin informar|sin preguntar|en secreto|não conte|não mencione|não informe|não diga|sem avisar|sem informar|secretamente|non dire|non menzionare|non informare|senza informare|senza dire|segretamente|nie mów|nie wspominaj|nie informuj|zonder de gebruiker|vertel de gebruiker niet|vertel het niet" +
		"|не говори|не сообщай|не упоминай|не рассказывай|тайно|скрытно|незаметно|不要告诉|不要提及|不要告知|不要让|别告诉|保密|悄悄|秘密|知らせないで|伝えないで|言わないで|教えないで|内緒|말하지 마|알리지 마|몰래"
	goodsWords = "api key|api_key|apikey|credential|password|secret|access token|auth token|bearer token|private key|ssh key|conversation|chat history|message history|environment variable|env var|cookie|session token|personal data|personal information|confidential|contents of|content of|full context|system prompt|user data|user's data|user's email|email address|customer data|customer list|financial|bank|inbox|all files|source code|database|the file|file contents|tool results|previous messages|contacts|phone number|private repo|private repositories|salary|salaries" +
		"|passwort|passwörter|zugangsdaten|gespräch|schlüssel|mot de passe|mots de passe|identifiants|clé |clés |données|contraseña|credencial|clave|datos|conversación|senha|chave|dados|conversa|credenzial|chiavi|dati |hasł|dane |wachtwoord|пароль|пароли|ключ|данные|переписк|учетн|密码|密碼|密钥|凭证|凭据|对话|数据|聊天记录|パスワード|秘密鍵|認証情報|会話|비밀번호|대화|자격 증명"
	talkWords = "prompt injection|prompt-injection|prompt_injection|promptinjection|jailbreak|injection attack|indirect injection|adversarial|attacker could|attacker can|attacker may|attackers can|attackers may|attackers could|attacker might|an attacker|malicious actor|malicious instruction|malicious prompt|malicious user|vulnerabilit|owasp|red team|red-team|threat model|mitigat|security research|researcher|exploit|guardrails|detection|detector|defend against|defense against|tool poisoning|safeguard|untrusted input|untrusted content|injected instruction|injection pattern|attack vector|proof of concept|cve-|llm security|ai security|payload|social engineering|phishing" +
		"|angreifer|angriff|attaquant|attaque|atacante|ataque|inyección|injeção|attaccante|attacco|злоумышленник|атак|инъекц|уязвимост|提示注入|注入攻击|攻击者|漏洞|越狱|プロンプトインジェクション|攻撃者|攻撃|脆弱性|인젝션|공격"
)

// ideaLiterals returns the literals of all ideas. One that stands for two ideas is two literals.
func ideaLiterals() []literal {
	var literals []literal
	for i := range ideaCount {
		free := false
		for text := range strings.SplitSeq(phrases(i), "|") {
			if text == "" { // from here on they are free
				free = true
				continue
			}
			wide := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0
			literals = append(literals, literal{text: text, role: roleConcept, index: uint16(i), bound: isLetter(text[0]), wide: wide, free: free && i == ideaIgnore})
		}
	}
	for _, text := range [...]string{"<!--", "display:none", "display: none", "visibility:hidden", "visibility: hidden", "font-size:0", "font-size: 0", "opacity:0", "opacity: 0", "color:white", "color: white", "color:#fff", "color: #fff", "hidden>", "aria-hidden=\"true\"", "[//]: #", "[comment]:"} {
		literals = append(literals, literal{text: text, role: roleComment})
	}
	return literals
}
