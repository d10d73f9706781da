-- Lists items of one collection. KEYS: index, due. ARGV: what the keys of items begin with, after, most items, most bytes.
-- Returns where to go on, empty when there is no more, and rest and item in turn.
local most, room = tonumber(ARGV[3]), tonumber(ARGV[4])
local page, looked = {''}, 0
local from = ARGV[2] == '' and '-' or '(' .. ARGV[2]
while true do
  local rests = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, 64)
  for _, rest in ipairs(rests) do
    looked = looked + 1
    local item = redis.call('GET', ARGV[1] .. rest)
    if item then
      page[#page + 1] = rest
      page[#page + 1] = item
      room = room - #item
    else
      -- Expired. A server that cannot write now can still be read.
      redis.pcall('ZREM', KEYS[1], rest)
      redis.pcall('ZREM', KEYS[2], rest)
    end
    if (#page - 1) / 2 >= most or room <= 0 or looked >= 4096 then
      page[1] = rest
      return page
    end
  end
  if #rests < 64 then
    return page
  end
  from = '(' .. rests[#rests]
end
