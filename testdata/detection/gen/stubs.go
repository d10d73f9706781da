package main

func benignSet(string) ([]record, error)  { return nil, nil }
func codeSet(string) ([]record, error)    { return nil, nil }
func evasionSet(string) ([]record, error) { return nil, nil }
func intentSet(string) ([]record, error)  { return nil, nil }
