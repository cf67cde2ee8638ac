-- Wireshark dissector of Strowger's set protocol, version 1, written from docs/set-protocol.md alone: what it flags is what that document
-- does not allow, whatever an implementation takes.
--
--   tshark -X lua_script:strowger-set.lua -r capture.pcap                               TCP port 6800
--   tshark -X lua_script:strowger-set.lua -d tcp.port==7000,strowgerset -r ...          another port
--   tshark -X lua_script:strowger-set.lua -o tls.keylog_file:keys -r ...                TLS on port 6801, where its keys are known
--
-- In Wireshark: put it into the personal plugins directory (Help, About, Folders). `strowgerset.malformed` finds everything that is flagged.
-- PINs, codes, tokens and SRTP keys are in the tree only, and all their filter names end in `.secret`: whoever passes a capture on finds them so.

local HEADER, LONGEST = 12, 1200

local KINDS = {
    [0x01] = "Hello", [0x02] = "Register", [0x03] = "Hook", [0x04] = "Key", [0x05] = "Opened", [0x06] = "Alive", [0x07] = "Bye",
    [0x81] = "Welcome", [0x82] = "Registered", [0x83] = "Refused", [0x84] = "Snapshot", [0x85] = "Display", [0x86] = "Lamp",
    [0x87] = "Tone", [0x88] = "Ringer", [0x89] = "Audio", [0x8A] = "Open", [0x8B] = "Close", [0x8C] = "Send", [0x8D] = "Stop",
    [0x8E] = "Alive", [0x8F] = "Bye", [0x90] = "Clock",
}
-- What may stand in a snapshot.
local ACTUATIONS = { [0x85] = true, [0x86] = true, [0x87] = true, [0x88] = true, [0x89] = true, [0x8A] = true, [0x8C] = true, [0x90] = true }
local KEYS = {
    [0x01] = "line 1", [0x02] = "line 2", [0x03] = "line 3", [0x04] = "line 4",
    [0x10] = "Hold", [0x11] = "Transfer", [0x12] = "Cancel", [0x13] = "Redial",
}
for digit in ("0123456789*#"):gmatch(".") do KEYS[digit:byte()] = digit end
local HOOKS = { [0] = "on", [1] = "off" }
local PRESSED = { [0] = "released", [1] = "pressed" }
local CODES = { [0] = "none", [1] = "registration", [2] = "replacement" }
local CODECS = { [0] = "PCMU", [1] = "PCMA", [2] = "G.722", [3] = "G.729", [4] = "Opus" }
local SRTPS = { [0] = "no", [1] = "AES_CM_128_HMAC_SHA1_80" }
local HOWS = { [0] = "known", [1] = "bound", [2] = "replaced", [3] = "resumed" }
local LAMPS = { [0] = "off", [1] = "on", [2] = "wink", [3] = "flash", [4] = "blink" }
local TONES = {
    [0] = "silence", [1] = "dial", [2] = "second dial", [3] = "ring back", [4] = "busy", [5] = "reorder", [6] = "account code wanted",
    [7] = "confirmation", [8] = "warning", [9] = "camp-on", [10] = "intrusion", [11] = "on hold",
}
local RINGS = { [0] = "silent", [1] = "a call from inside", [2] = "a call from outside" }
local PATHS = { [0] = "none", [1] = "handset or speaker" }
local FAMILIES = { [0] = "none", [4] = "IPv4", [6] = "IPv6" }
local DIRECTIONS = { [0] = "neither", [1] = "send", [2] = "receive", [3] = "send and receive" }
local KEYING = { [0] = "none", [1] = "ours and theirs" }
local REFUSALS = {
    [1] = "BadPin", [2] = "UnknownDn", [3] = "DnInUse", [4] = "MacInUse", [5] = "SetTypeMismatch", [6] = "LockedOut", [7] = "NotHere",
    [8] = "Transport", [9] = "NotNow",
}
local BYES = {
    [0] = "as wished", [1] = "no version in common", [2] = "a frame that cannot be read", [3] = "sequence", [4] = "silence",
    [5] = "another connection of the same set, or another set of the number", [6] = "the controller stops",
    [7] = "the number is not in the policy any more", [8] = "too slow",
}

local strowgerset = Proto("strowgerset", "Strowger set protocol")

local fields = {}
local function field(make, of, ...)
    fields[#fields + 1] = make("strowgerset." .. of, ...)
    return fields[#fields]
end
local function number(of, label, octets)
    return field(({ ProtoField.uint8, ProtoField.uint16, [4] = ProtoField.uint32 })[octets or 1], of, label, base.DEC)
end
local function named(of, label, names, shown) return field(ProtoField.uint8, of, label, shown or base.DEC, names) end
local function text(of, label) return field(ProtoField.string, of, label, base.UNICODE) end
local function octets(of, label) return field(ProtoField.bytes, of, label) end
local function bit(of, label, mask) return field(ProtoField.bool, of, label, 8, { "yes", "no" }, mask) end

local f = {
    length = number("length", "Length", 2), kind = named("kind", "Kind", KINDS, base.HEX), zero = number("zero", "Zero"),
    sequence = number("sequence", "Sequence", 4), acknowledged = number("acknowledged", "Acknowledged", 4),
    text_length = number("text.length", "Octets of text"),
    -- Hello, Welcome
    oldest = number("version.oldest", "Oldest version"), newest = number("version.newest", "Newest version"),
    mac = field(ProtoField.ether, "mac", "MAC"), settype = text("settype", "Set type"), token = octets("token.secret", "Token"),
    rows = number("display.rows", "Display rows"), columns = number("display.columns", "Display columns"),
    linekeys = number("linekeys", "Line keys"), srtp = named("srtp", "SRTP", SRTPS), codecs = number("codecs", "Codecs"),
    codec = named("codec", "Codec", CODECS), version = number("version", "Version"),
    heartbeat = number("heartbeat", "Heartbeat in seconds", 2),
    -- Register, Registered, Refused, Bye: a reason is one number with two meanings, so its names are with the two below it
    code_kind = named("code", "Kind of code", CODES), code = text("code.secret", "Code"), number = text("number", "Number"),
    pin = text("pin.secret", "PIN"), how = named("how", "How", HOWS), grace = number("grace", "Grace in seconds", 2),
    name = text("name", "Name"), reason = number("reason", "Reason"), refused = named("reason.refused", "Reason", REFUSALS),
    bye = named("reason.bye", "Reason", BYES), where = text("where", "Where to"),
    -- What happens and what is
    hook = named("hook", "Hook", HOOKS), key = named("key", "Key", KEYS, base.HEX), pressed = named("key.pressed", "Pressed", PRESSED),
    actuations = number("snapshot.count", "Actuations"), actuation = field(ProtoField.none, "actuation", "Actuation"),
    actuation_kind = named("actuation.kind", "Kind", KINDS, base.HEX), actuation_length = number("actuation.length", "Length", 2),
    row = number("display.row", "Row"), row_text = text("display.text", "Text"),
    lamp = named("lamp.key", "Lamp of key", KEYS, base.HEX), lamp_mode = named("lamp.mode", "Mode", LAMPS),
    tone = named("tone", "Tone", TONES), ring = named("ring", "Ring", RINGS), path = named("audio.path", "Path", PATHS),
    seconds = field(ProtoField.uint64, "clock.seconds", "Seconds since 1970 UTC", base.DEC),
    east = field(ProtoField.int16, "clock.east", "Minutes east of UTC", base.DEC),
    -- Streams; an address has one name for both families, and those who filter by network take the two below it
    stream = number("stream", "Stream"), generation = number("generation", "Generation", 2),
    address = text("address", "Address"), family = named("address.family", "Family", FAMILIES),
    ipv4 = field(ProtoField.ipv4, "address.ipv4", "IPv4"), ipv6 = field(ProtoField.ipv6, "address.ipv6", "IPv6"),
    port = number("port", "Port", 2), payload_type = number("payloadtype", "Payload type"),
    events = number("payloadtype.events", "Payload type of events"), direction = named("direction", "Direction", DIRECTIONS),
    sends = bit("direction.send", "Send", 0x01), receives = bit("direction.receive", "Receive", 0x02),
    keys = named("keys", "Keys", KEYING), ours = octets("keys.ours.secret", "Our master key and salt"),
    theirs = octets("keys.theirs.secret", "Their master key and salt"),
    -- What is not as it should be. Nobody knows what is in octets that cannot be read: perhaps a PIN
    unread = octets("unread.secret", "Unread"), malformed = text("malformed", "Malformed"),
    cut = field(ProtoField.none, "cut", "Cut by the capture"),
}
strowgerset.fields = fields

local experts = {}
local function wrong(of, label, severity)
    experts[#experts + 1] = ProtoExpert.new("strowgerset.malformed." .. of, label, expert.group.MALFORMED, severity or expert.severity.ERROR)
    return experts[#experts]
end
local e = {
    long = wrong("long", "A frame that is too long"),
    kind = wrong("kind", "A frame of an unknown kind"),
    zero = wrong("zero", "Octet 3 is not 0"),
    direction = wrong("direction", "A frame of the wrong direction"),
    body = wrong("body", "A body that is not as specified"),
    -- A warning only: a capture may lack what went before.
    sequence = wrong("sequence", "A sequence that is not the next", expert.severity.WARN),
    acknowledged = wrong("acknowledged", "What was not sent is acknowledged", expert.severity.WARN),
}
strowgerset.experts = experts

-- ---- Reading a body ----

-- Raised where a body ends too early: nothing behind that place can be read. Faults of a value are flagged, and the reading goes on.
local Fault = {}

local Body = {}
Body.__index = Body

function Body:flag(what, why)
    -- The first is what the info column tells; of a body with a fault it tells the kind besides, and nothing that stands there.
    self.shared.fault, self.bad = self.shared.fault or why, self.bad or what == e.body
    self.tree:add(f.malformed, why):set_generated():add_proto_expert_info(what, why)
end

function Body:take(count, what)
    if self.at + count > self.stop then error(setmetatable({ why = "the body ends within " .. what }, Fault), 0) end
    local range = self.tvb:range(self.at, count)
    self.at = self.at + count
    return range
end

function Body:number(count, of, what, low, high)
    local range = self:take(count, what)
    local value = range:uint()
    local item = self.tree:add(of, range)
    if low and (value < low or value > high) then self:flag(e.body, ("%s %d is not %d to %d"):format(what, value, low, high)) end
    return value, item
end

function Body:named(of, names, what)
    local range = self:take(1, what)
    local value = range:uint()
    local item = self.tree:add(of, range)
    if not names[value] then self:flag(e.body, ("%s %d is not defined"):format(what, value)) end
    return names[value] or tostring(value), value, item
end

-- How many characters; nil where it is not UTF-8 or has a control character, of the second control set as well.
local function characters(raw)
    local at, count = 1, 0
    while at <= #raw do
        local first, more, low, high = raw:byte(at), 0, 0x80, 0xBF
        if first < 0x20 or first == 0x7F then return nil end
        if first >= 0x80 then
            if first < 0xC2 or first > 0xF4 then return nil end
            more = first < 0xE0 and 1 or first < 0xF0 and 2 or 3
            -- Forms that are longer than needed, surrogates, and what is beyond Unicode are told by the second octet.
            low = ({ [0xC2] = 0xA0, [0xE0] = 0xA0, [0xF0] = 0x90 })[first] or low
            high = ({ [0xED] = 0x9F, [0xF4] = 0x8F })[first] or high
        end
        for next = at + 1, at + more do
            local octet = raw:byte(next)
            if not octet or octet < low or octet > high then return nil end
            low, high = 0x80, 0xBF
        end
        at, count = at + 1 + more, count + 1
    end
    return count
end

-- Limits are in octets: a text is defined by its octets.
function Body:text(of, what, low, high, most_characters)
    local start = self.at
    local length = self:take(1, what)
    local size = length:uint()
    local raw, shown = "", ""
    if size > 0 then
        local range = self:take(size, what)
        raw, shown = range:raw(), range:string(ENC_UTF_8)
    end
    self.tree:add(of, self.tvb:range(start, 1 + size), shown):add(f.text_length, length)
    if size < low or size > high then self:flag(e.body, ("%s of %d octets, not %d to %d"):format(what, size, low, high)) end
    local count = characters(raw)
    if not count then
        self:flag(e.body, what .. " is not UTF-8 without control characters")
    elseif most_characters and count > most_characters then
        self:flag(e.body, ("%s of %d characters, not at most %d"):format(what, count, most_characters))
    end
    return shown
end

-- Nil where there is none.
function Body:address()
    local start = self.at
    local family = self:take(1, "address")
    local kind = family:uint()
    local shown, host, port, ip = "none", nil, nil, nil
    if kind == 4 then
        host, ip = self:take(4, "address"), f.ipv4
        shown = tostring(host:ipv4())
    elseif kind == 6 then
        host, ip = self:take(16, "address"), f.ipv6
        shown = tostring(host:ipv6())
    elseif kind ~= 0 then
        self.at = start
        error(setmetatable({ why = ("address family %d is not defined"):format(kind) }, Fault), 0)
    end
    if host then port = self:take(2, "port") end
    local item = self.tree:add(f.address, self.tvb:range(start, self.at - start), shown)
    item:add(f.family, family)
    if not host then return nil end
    item:add(ip, host)
    item:add(f.port, port)
    return (kind == 6 and "[%s]:%d" or "%s:%d"):format(shown, port:uint())
end

function Body:stream()
    local stream = self:number(1, f.stream, "stream")
    return ("stream %d generation %d"):format(stream, self:number(2, f.generation, "generation"))
end

-- ---- What stands in each kind: reads it, and returns its line for the info column, without secrets ----

local read = {}

read[0x01] = function(b)
    local oldest = b:number(1, f.oldest, "oldest version")
    local newest = b:number(1, f.newest, "newest version")
    local mac = b:take(6, "MAC")
    b.tree:add(f.mac, mac)
    local settype = b:text(f.settype, "set type", 1, 16)
    local token = b:take(16, "token")
    b.tree:add(f.token, token)
    local rows = b:number(1, f.rows, "display rows", 1, 4)
    local columns = b:number(1, f.columns, "display columns", 16, 40)
    local keys = b:number(1, f.linekeys, "line keys", 1, 4)
    local _, srtp = b:named(f.srtp, SRTPS, "SRTP")
    local codecs = {}
    for at = 1, b:number(1, f.codecs, "number of codecs", 1, 5) do codecs[at] = b:named(f.codec, CODECS, "codec") end
    return ("Hello versions %d to %d, %s %s, display %dx%d, line keys %d, %s%s%s"):format(oldest, newest,
        ("%02x:%02x:%02x:%02x:%02x:%02x"):format(mac:raw():byte(1, 6)), settype, rows, columns, keys, table.concat(codecs, " "),
        srtp == 1 and ", SRTP" or "", token:raw() ~= ("\0"):rep(16) and ", with a token" or "")
end

read[0x02] = function(b)
    local code = b:named(f.code_kind, CODES, "kind of code")
    b:text(f.code, "code", 0, 10)
    local number = b:text(f.number, "number", 1, 16)
    b:text(f.pin, "PIN", 0, 8)
    return ("Register %s code %s"):format(number, code)
end

read[0x03] = function(b) return "Hook " .. b:named(f.hook, HOOKS, "hook") end

read[0x04] = function(b)
    local key = b:named(f.key, KEYS, "key")
    return ("Key %s %s"):format(key, (b:named(f.pressed, PRESSED, "pressed")))
end

read[0x05] = function(b)
    local stream = b:stream()
    return ("Opened %s at %s"):format(stream, b:address() or "no address")
end

local function alive() return "Alive" end
read[0x06], read[0x8E] = alive, alive

function Body:reason(of, names)
    local reason, value = self:named(of, names, "reason")
    self.tree:add(f.reason, self.tvb:range(self.at - 1, 1)):set_hidden()
    return reason, value
end

local function bye(b) return "Bye: " .. b:reason(f.bye, BYES) end
read[0x07], read[0x8F] = bye, bye

read[0x81] = function(b)
    local version = b:number(1, f.version, "version")
    return ("Welcome version %d, heartbeat %d s"):format(version, b:number(2, f.heartbeat, "heartbeat"))
end

read[0x82] = function(b)
    local how = b:named(f.how, HOWS, "how")
    b.tree:add(f.token, b:take(16, "token"))
    local grace = b:number(2, f.grace, "grace")
    local number = b:text(f.number, "number", 0, 16)
    return ('Registered %s "%s" %s, grace %d s'):format(number, b:text(f.name, "name", 0, 40), how, grace)
end

read[0x83] = function(b)
    local reason, value = b:reason(f.refused, REFUSALS)
    local where = b:text(f.where, "where to", 0, 64)
    if where == "" then return "Refused " .. reason end
    if value ~= 7 then b:flag(e.body, "where to is told with another reason than 7") end
    return ("Refused %s, go to %s"):format(reason, where)
end

read[0x84] = function(b)
    local count = b:number(1, f.actuations, "number of actuations")
    for _ = 1, count do
        local start = b.at
        local kind, length = b:take(1, "kind of an actuation"), b:take(2, "length of an actuation")
        b:take(length:uint(), "actuation")
        local item = b.tree:add(f.actuation, b.tvb:range(start, b.at - start))
        item:add(f.actuation_kind, kind)
        item:add(f.actuation_length, length)
        local inner = setmetatable({ tvb = b.tvb, at = start + 3, stop = b.at, tree = item, shared = b.shared }, Body)
        if ACTUATIONS[kind:uint()] then
            item:append_text(": " .. inner:whole(kind:uint()))
        else
            inner:flag(e.body, ("%s does not stand in a snapshot"):format(KINDS[kind:uint()] or ("kind 0x%02x"):format(kind:uint())))
        end
    end
    return ("Snapshot of %d"):format(count)
end

read[0x85] = function(b)
    local row = b:number(1, f.row, "row")
    return ('Display %d "%s"'):format(row, b:text(f.row_text, "text", 0, 160, 40))
end

read[0x86] = function(b)
    local key = b:named(f.lamp, KEYS, "key")
    return ("Lamp %s %s"):format(key, (b:named(f.lamp_mode, LAMPS, "lamp mode")))
end

read[0x87] = function(b) return "Tone " .. b:named(f.tone, TONES, "tone") end
read[0x88] = function(b) return "Ringer " .. b:named(f.ring, RINGS, "ring") end
read[0x89] = function(b) return "Audio " .. b:named(f.path, PATHS, "path") end
read[0x8A] = function(b) return "Open " .. b:stream() end
read[0x8B] = function(b) return "Close " .. b:stream() end

read[0x8C] = function(b)
    local stream = b:stream()
    local address = b:address()
    if not address then b:flag(e.body, "nowhere to send to") end
    local codec = b:named(f.codec, CODECS, "codec")
    b:number(1, f.payload_type, "payload type", 0, 127)
    local events, of_events = b:number(1, f.events, "payload type of events")
    if events == 255 then of_events:append_text(" (none)") end
    if events > 127 and events < 255 then b:flag(e.body, ("payload type of events %d is neither 0 to 127 nor 255"):format(events)) end
    local direction, bits, directions = b:named(f.direction, DIRECTIONS, "direction")
    directions:add(f.sends, b.tvb:range(b.at - 1, 1))
    directions:add(f.receives, b.tvb:range(b.at - 1, 1))
    local _, keys = b:named(f.keys, KEYING, "keys")
    if keys == 1 then
        b.tree:add(f.ours, b:take(30, "our key"))
        b.tree:add(f.theirs, b:take(30, "their key"))
    end
    local ways = bits == 3 and "" or ", " .. direction .. (bits > 0 and " only" or "")
    return ("Send %s -> %s %s%s%s"):format(stream, address or "nowhere", codec, ways, keys == 1 and ", SRTP" or "")
end

read[0x8D] = function(b) return "Stop " .. b:stream() end

read[0x90] = function(b)
    local range = b:take(8, "seconds")
    b.tree:add(f.seconds, range)
    local minutes = b:take(2, "minutes")
    b.tree:add(f.east, minutes)
    local seconds = range:uint64():tonumber()
    -- Not every system has a name for a time behind the year 9999.
    local shown = seconds < 253402300800 and os.date("!%Y-%m-%d %H:%M:%S", seconds) or tostring(range:uint64())
    return ("Clock %s UTC, %d minutes east"):format(shown, minutes:int())
end

-- A whole body of that kind, up to its last octet.
function Body:whole(kind)
    local fine, line = pcall(read[kind], self)
    if not fine then
        if getmetatable(line) ~= Fault then error(line, 0) end
        self:flag(e.body, line.why)
    elseif self.at < self.stop then
        self:flag(e.body, ("%d octets too many"):format(self.stop - self.at))
    end
    if self.at < self.stop then self.tree:add(f.unread, self.tvb:range(self.at, self.stop - self.at)) end
    return self.bad and KINDS[kind] or line
end

-- ---- Frames ----

local stream_of = Field.new("tcp.stream")
-- Of each direction of each connection: the last sequence, and the packet behind which nothing can be read. What was found out on the first
-- way through a capture is kept by frame, since Wireshark dissects packets again in any order.
local last, unreadable, found = {}, {}, {}

function strowgerset.init() last, unreadable, found = {}, {}, {} end

local function ways(pinfo)
    local streams = { stream_of() }
    local stream = #streams > 0 and tostring(streams[#streams].value) or "?"
    local function way(address, port) return ("%s %s %d"):format(stream, tostring(address), port) end
    return way(pinfo.src, pinfo.src_port), way(pinfo.dst, pinfo.dst_port)
end

-- Sequence and acknowledgement against what the capture has of this connection; nothing is said where it has not enough.
local function order(pinfo, tvb, kind, sequence, acknowledged)
    local from, to = ways(pinfo)
    local key = ("%d %s %d %d"):format(pinfo.number, from, tvb:offset(), sequence)
    if not pinfo.visited then
        local faults = {}
        -- Hello and Welcome are the first of their side, wherever the capture begins.
        local wanted = last[from] and last[from] + 1 or (kind == 0x01 or kind == 0x81) and 1
        if wanted and sequence ~= wanted then faults[1] = { e.sequence, ("sequence %d, not %d"):format(sequence, wanted) } end
        if last[to] and acknowledged > last[to] then
            faults[#faults + 1] = { e.acknowledged, ("%d is acknowledged, and the last that was sent is %d"):format(acknowledged, last[to]) }
        end
        last[from], found[key] = sequence, faults
    end
    return found[key] or {}
end

local function tell(pinfo, line)
    pinfo.cols.protocol = "STROWGER-SET"
    -- Clears what TCP said, not what frames before this one in the packet have fenced.
    pinfo.cols.info:clear()
    local before = tostring(pinfo.cols.info)
    pinfo.cols.info:append((before == "" or before == "(Info)") and line or "; " .. line)
    pinfo.cols.info:fence()
end

local function frame(tvb, pinfo, root)
    local item = root:add(strowgerset, tvb:range())
    if tvb:captured_len() < HEADER then
        item:add(f.cut, tvb:range())
        tell(pinfo, "[cut by the capture]")
        return tvb:len()
    end
    local length, kind = tvb:range(0, 2):uint(), tvb:range(2, 1):uint()
    local sequence, acknowledged = tvb:range(4, 4):uint(), tvb:range(8, 4):uint()
    item:add(f.length, tvb:range(0, 2))
    item:add(f.kind, tvb:range(2, 1))
    item:add(f.zero, tvb:range(3, 1))
    item:add(f.sequence, tvb:range(4, 4))
    item:add(f.acknowledged, tvb:range(8, 4))

    local body = setmetatable({ tvb = tvb, at = HEADER, stop = HEADER + length, tree = item, shared = {} }, Body)
    local known, line = KINDS[kind], nil
    if tvb:range(3, 1):uint() ~= 0 then body:flag(e.zero, ("octet 3 is %d, not 0"):format(tvb:range(3, 1):uint())) end
    if not known then body:flag(e.kind, ("kind 0x%02x is not defined"):format(kind)) end
    -- The controller is the side whose port the dissector was called for, if only one of the two is.
    local down, up = pinfo.src_port == pinfo.match_uint, pinfo.dst_port == pinfo.match_uint
    if known and down ~= up and (kind >= 0x80) ~= down then
        body:flag(e.direction, ("%s comes from the %s"):format(known, kind >= 0x80 and "set" or "controller"))
    end
    for _, fault in ipairs(order(pinfo, tvb, kind, sequence, acknowledged)) do body:flag(fault[1], fault[2]) end

    if length > LONGEST then
        body:flag(e.long, ("%d octets, not at most %d"):format(length, LONGEST))
        local from = ways(pinfo)
        unreadable[from] = unreadable[from] or pinfo.number
    end
    if length > LONGEST or not known then
        local octets = tvb:captured_len() - HEADER
        if octets > 0 then item:add(f.unread, tvb:range(HEADER, octets)) end
        line = known or ("Kind 0x%02x"):format(kind)
    elseif tvb:captured_len() < HEADER + length then
        item:add(f.cut, tvb:range(HEADER - 1))
        line = known .. " [cut by the capture]"
    else
        line = body:whole(kind)
    end
    if body.shared.fault then line = ("%s [malformed: %s]"):format(line, body.shared.fault) end
    item:append_text(", " .. line)
    tell(pinfo, line)
    return tvb:len()
end

local function size(tvb, _, offset)
    if tvb:len() - offset < HEADER then return HEADER end
    local length = tvb:range(offset, 2):uint()
    -- Nobody waits for the rest of a frame that is too long: the connection ends with its header.
    return length > LONGEST and tvb:reported_len() - offset or HEADER + length
end

function strowgerset.dissector(tvb, pinfo, root)
    local from = ways(pinfo)
    if unreadable[from] and pinfo.number > unreadable[from] then
        root:add(strowgerset, tvb:range()):add(f.unread, tvb:range())
        tell(pinfo, "[behind a frame that is too long]")
        return tvb:len()
    end
    local captured, at = tvb:captured_len(), 0
    if captured == tvb:reported_len() then
        dissect_tcp_pdus(tvb, root, HEADER, size, frame)
        return captured
    end
    -- Cut by the capture: nothing can be put together, and dissect_tcp_pdus fails where the cut is between two frames.
    while at < captured do
        local octets = size(tvb, pinfo, at)
        frame(tvb:range(at, math.min(octets, captured - at)):tvb(), pinfo, root)
        at = at + octets
    end
    -- Perhaps there were more frames behind.
    if at ~= tvb:reported_len() then last[from] = nil end
    return captured
end

DissectorTable.get("tcp.port"):add(6800, strowgerset)
DissectorTable.get("tls.port"):add(6801, strowgerset)
