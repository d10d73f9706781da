package cmvk

// unit returns what a unit measures and its factor to the base unit. Units that are also common words (in, a, at) are
// left out. Those whose case matters are looked at first.
func unit(name string) (dimension string, factor float64, ok bool) {
	if dimension, factor = unitOf(name); dimension == "" {
		dimension, factor = unitOf(singular(fold(name)))
	}
	return dimension, factor, dimension != ""
}

func unitOf(name string) (dimension string, factor float64) {
	for _, table := range []func(string) (string, float64){everyday, technical} {
		if dimension, factor = table(name); dimension != "" {
			return dimension, factor
		}
	}
	return "", 0
}

func everyday(name string) (string, float64) {
	switch name {
	case "ng", "nanogram":
		return "mass", 1e-9
	case "mcg", "µg", "μg", "ug", "microgram":
		return "mass", 1e-6
	case "mg", "milligram":
		return "mass", 1e-3
	case "g", "gram":
		return "mass", 1
	case "kg", "kilogram", "kilo":
		return "mass", 1e3
	case "t", "tonne":
		return "mass", 1e6
	case "lb", "pound":
		return "mass", 453.59237
	case "oz", "ounce":
		return "mass", 28.349523125
	case "ml", "mL", "milliliter", "millilitre":
		return "volume", 1e-3
	case "cl":
		return "volume", 1e-2
	case "dl":
		return "volume", 1e-1
	case "l", "L", "liter", "litre":
		return "volume", 1
	case "nm":
		return "length", 1e-9
	case "µm", "μm", "micron":
		return "length", 1e-6
	case "mm", "millimeter", "millimetre":
		return "length", 1e-3
	case "cm", "centimeter", "centimetre":
		return "length", 1e-2
	case "m", "meter", "metre":
		return "length", 1
	case "km", "kilometer", "kilometre":
		return "length", 1e3
	case "inch", "inche":
		return "length", 0.0254
	case "ft", "foot", "feet":
		return "length", 0.3048
	case "mile", "mi":
		return "length", 1609.344
	case "mph":
		return "length/h", 1609.344
	case "kph", "kmh":
		return "length/h", 1e3
	}
	return duration(name)
}

func duration(name string) (string, float64) {
	switch name {
	case "ns", "nanosecond":
		return "time", 1e-9
	case "µs", "μs", "us", "microsecond":
		return "time", 1e-6
	case "ms", "millisecond":
		return "time", 1e-3
	case "s", "sec", "second":
		return "time", 1
	case "min", "minute":
		return "time", 60
	case "h", "hr", "hour":
		return "time", 3600
	case "d", "day":
		return "time", 86400
	case "week":
		return "time", 604800
	case "month":
		return "months", 1
	case "year", "yr":
		return "months", 12
	}
	return "", 0
}

//nolint:funlen // a table of factors
func technical(name string) (string, float64) {
	switch name {
	case "B", "byte":
		return "data", 1
	case "bit":
		return "data", 0.125
	case "kB", "KB", "kb", "kilobyte":
		return "data", 1e3
	case "MB", "mb", "megabyte":
		return "data", 1e6
	case "GB", "gb", "gigabyte":
		return "data", 1e9
	case "TB", "tb", "terabyte":
		return "data", 1e12
	case "KiB", "kib":
		return "data", 1 << 10
	case "MiB", "mib":
		return "data", 1 << 20
	case "GiB", "gib":
		return "data", 1 << 30
	case "Hz", "hz", "hertz":
		return "frequency", 1
	case "kHz", "khz":
		return "frequency", 1e3
	case "MHz", "mhz":
		return "frequency", 1e6
	case "GHz", "ghz":
		return "frequency", 1e9
	case "mW":
		return "power", 1e-3
	case "W", "watt":
		return "power", 1
	case "kW", "kw", "kilowatt":
		return "power", 1e3
	case "MW", "mw", "megawatt":
		return "power", 1e6
	case "mV":
		return "voltage", 1e-3
	case "V", "volt":
		return "voltage", 1
	case "kV", "kv":
		return "voltage", 1e3
	case "mA":
		return "current", 1e-3
	case "A", "amp", "ampere":
		return "current", 1
	case "kcal":
		return "energy", 4184
	case "kJ", "kj":
		return "energy", 1e3
	case "kWh", "kwh":
		return "energy", 3.6e6
	case "C", "celsius":
		return "celsius", 1
	case "F", "fahrenheit":
		return "fahrenheit", 1
	case "K", "kelvin":
		return "kelvin", 1
	}
	return sum(name)
}

// sum returns currencies. Rates between them are no business of a comparison.
func sum(name string) (string, float64) {
	switch name {
	case "percent", "pct":
		return "%", 1
	case "USD", "usd", "dollar":
		return "$", 1
	case "EUR", "eur", "euro":
		return "€", 1
	case "GBP", "gbp":
		return "£", 1
	case "JPY", "jpy", "yen":
		return "¥", 1
	case "INR", "inr", "rupee":
		return "₹", 1
	case "cent":
		return "cent", 1
	}
	return "", 0
}
