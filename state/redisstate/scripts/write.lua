-- Writes items of one collection. KEYS: index, due, newest, one for each item. ARGV, for each item: rest, ttl in
-- microseconds, value.
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
-- Versions follow the clock, so that one that was lost with a failed server is not given again, and never stand still.
local version = math.max(micros, tonumber(redis.call('GET', KEYS[3]) or 0) + 1)
redis.call('SET', KEYS[3], string.format('%.0f', version), 'EX', 604800)

local kept = false
for i = 4, #KEYS do
  local at = (i - 4) * 3
  local rest, ttl, value = ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
  redis.call('ZADD', KEYS[1], 0, rest)
  if ttl == 0 then
    kept = true
    redis.call('SET', KEYS[i], struct.pack('>I8I8', version, 0) .. value)
    redis.call('ZREM', KEYS[2], rest)
  else
    local expires = math.ceil((micros + ttl) / 1000)
    -- Redis removes a key when its moment is past, we when it has come.
    redis.call('SET', KEYS[i], struct.pack('>I8I8', version, expires) .. value, 'PXAT', string.format('%.0f', expires - 1))
    redis.call('ZADD', KEYS[2], string.format('%.0f', expires), rest)
  end
end

-- What has expired leaves the index in small portions, a few more than are added; an index without anything that is kept
-- goes with its last item.
local past = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', math.floor(micros / 1000), 'LIMIT', 0, 2 * (#KEYS - 3) + 2)
if #past > 0 then
  redis.call('ZREM', KEYS[1], unpack(past))
  redis.call('ZREM', KEYS[2], unpack(past))
end
if kept then
  redis.call('PERSIST', KEYS[1])
  redis.call('PERSIST', KEYS[2])
elseif redis.call('ZCARD', KEYS[1]) == redis.call('ZCARD', KEYS[2]) then
  local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if last[2] then
    redis.call('PEXPIREAT', KEYS[1], last[2])
    redis.call('PEXPIREAT', KEYS[2], last[2])
  end
end
return string.format('%.0f', version)
