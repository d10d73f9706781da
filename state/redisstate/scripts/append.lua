-- Appends records to a stream. KEYS: records, last. ARGV: the number to append behind or "tail", a channel, what it
-- is told, records. Returns the number of the last, nothing when the stream ends elsewhere.
local last = redis.call('GET', KEYS[2]) or '0'
if ARGV[1] ~= 'tail' and ARGV[1] ~= last then
  return false
end
if #ARGV == 3 then
  return last
end
local time = redis.call('TIME')
local millis = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 4, #ARGV do
  last = string.format('%.0f', last + 1)
  -- Both halves of a record's id are ours: its number and its time.
  redis.call('XADD', KEYS[1], last .. '-' .. string.format('%.0f', millis), 'v', ARGV[i])
end
redis.call('SET', KEYS[2], last)
redis.call('PUBLISH', ARGV[2], ARGV[3])
return last
