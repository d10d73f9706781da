-- Charges claims to the counters of one shard, all or none. KEYS: counters with windows, counters without. ARGV: the time in
-- milliseconds, empty for the server's; for each claim name, n, limit, window in milliseconds.
-- Returns 1 when all had room, and for each claim 1 when it had, what is used, when the window ends.
local LINGER = 3600000 -- ms that a counter outlives its window, so that a clock that is set back does not reopen it
local MOST = 9007199254740991

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A cell is a counter as it stands now. There may be a field of a window that ended not long ago; stored is what is
-- there of this one.
local cells, order = {}, {}

local function load(key, field, window)
  local raw = redis.call('HGET', key, field)
  local used, ends
  if raw then
    used, ends = string.match(raw, '^(%d+):(%d+)$')
    used, ends = tonumber(used), tonumber(ends)
  end
  if raw and (window == 0 or ends > now) then
    return {key = key, field = field, there = true, used = used, stored = used, before = used, ends = ends}
  end
  local ended = ends
  ends = 0
  if window > 0 then
    ends = now - now % window + window
  end
  return {key = key, field = field, there = raw and ended + LINGER > now, used = 0, before = 0, ends = ends}
end

local reply, all = {1}, true
for i = 2, #ARGV, 4 do
  local n, limit, window = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local key = window == 0 and KEYS[2] or KEYS[1]
  local field = ARGV[i + 3] .. ':' .. ARGV[i]
  local cell = cells[field]
  if not cell then
    cell = load(key, field, window)
    cells[field] = cell
    order[#order + 1] = cell
  end
  cell.touched = cell.touched or n ~= 0
  local ok = n <= 0 or (limit > 0 and cell.used + n <= math.min(limit, MOST))
  if ok then
    cell.used = math.max(0, cell.used + n)
  end
  all = all and ok
  reply[#reply + 1] = ok and 1 or 0
  reply[#reply + 1] = cell.used
  reply[#reply + 1] = cell.ends
end

if not all then
  reply[1] = 0
  local at = 3
  for i = 2, #ARGV, 4 do
    reply[at] = cells[ARGV[i + 3] .. ':' .. ARGV[i]].before
    at = at + 3
  end
  return reply
end

-- What was only asked about stays as it is, and a counter of nothing is not begun.
local latest = 0
for _, cell in ipairs(order) do
  if cell.used == 0 and cell.ends == 0 and cell.there then
    redis.call('HDEL', cell.key, cell.field)
  elseif cell.touched and cell.used ~= cell.stored and (cell.there or cell.used > 0) then
    redis.call('HSET', cell.key, cell.field, string.format('%.0f:%.0f', cell.used, cell.ends))
    if not cell.stored then
      latest = math.max(latest, cell.ends)
    end
  end
end

-- A window has begun. The counters go with the last of them; those whose windows are over go before that, a few more than
-- are added.
if latest > 0 then
  local goes = string.format('%.0f', latest + LINGER)
  if redis.call('PEXPIREAT', KEYS[1], goes, 'GT') == 0 and redis.call('PTTL', KEYS[1]) == -1 then
    redis.call('PEXPIREAT', KEYS[1], goes)
  end
  local some = redis.call('HRANDFIELD', KEYS[1], 2 * #order + 2, 'WITHVALUES')
  for i = 1, #some, 2 do
    if tonumber(string.match(some[i + 1], ':(%d+)$')) + LINGER <= now then
      redis.call('HDEL', KEYS[1], some[i])
    end
  end
end
return reply
