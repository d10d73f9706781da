-- Goes on only if the item, the last key, has the version, the last argument, in eight bytes; zeros mean that there is none.
local found = redis.call('GETRANGE', KEYS[#KEYS], 0, 7)
if found == '' then
  found = string.rep('\0', 8)
end
if found ~= ARGV[#ARGV] then
  return false
end
