def load(cookie)
  Marshal.load(cookie.unpack1("m"))
end
