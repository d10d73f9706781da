-- Deletes an item. KEYS: index, due, item. ARGV: rest.
redis.call('DEL', KEYS[3])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.status_reply('OK')
