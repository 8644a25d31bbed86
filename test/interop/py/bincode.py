"""bincode 1 with its default options, for values in their JSON form.

A shape reads and writes one kind of value and makes random ones. JSON form: integers of 64 bits are
decimal strings, bytes are lower-case hexadecimal, a unit variant is its name, another one {name: value}.
Standard library only.
"""

import re
import struct


class Refused(Exception):
    """The bytes or the value break a rule of the wire format."""


class Shape:
    """read(data, at) -> (value, end); write(out, value); sample(random) -> value; least = fewest bytes."""

    __slots__ = ("read", "write", "sample", "least")

    def __init__(self, read, write, sample, least):
        self.read, self.write, self.sample, self.least = read, write, sample, least


def need(condition, text):
    if not condition:
        raise Refused(text)


def take(data, at, count):
    end = at + count
    if end > len(data):
        raise Refused(f"ends {end - len(data)} bytes early")
    return data[at:end], end


def integer(form, low, high, as_text=False):
    """A little-endian integer; `low` and `high` are the values allowed, both included."""
    packer = struct.Struct("<" + form)
    size = packer.size

    def read(data, at):
        if at + size > len(data):
            raise Refused(f"an integer of {size} bytes is cut off")
        value = packer.unpack_from(data, at)[0]
        if not low <= value <= high:
            refuse(value)
        return (str(value) if as_text else value), at + size

    def write(out, value):
        if as_text:
            try:
                number = int(value)
            except (TypeError, ValueError):
                number = None
            if str(number) != value:
                raise Refused(f"{value!r} is no decimal string")
        elif type(value) is int:
            number = value
        else:
            raise Refused(f"{value!r} is no whole number")
        if not low <= number <= high:
            refuse(number)
        out += packer.pack(number)

    def refuse(number):
        raise Refused(f"{number} is not in {low}..{high}")

    span = high - low + 1
    wide = 8 * size + 8

    def sample(random):
        dice = random.random()
        value = low + random.getrandbits(wide if dice < 0.76 else 16) % span if dice < 0.96 else low if dice < 0.98 else high
        return str(value) if as_text else value

    return Shape(read, write, sample, size)


def u8(low=0, high=0xFF):
    return integer("B", low, high)


def u16(low=0, high=0xFFFF):
    return integer("H", low, high)


def u32(low=0, high=0xFFFF_FFFF):
    return integer("I", low, high)


U64 = integer("Q", 0, 0xFFFF_FFFF_FFFF_FFFF, as_text=True)


def i64(low=-(2**63), high=2**63 - 1):
    return integer("q", low, high, as_text=True)


def read_bool(data, at):
    raw, end = take(data, at, 1)
    need(raw[0] < 2, "neither 00 nor 01 for a bool")
    return raw[0] == 1, end


def write_bool(out, value):
    need(type(value) is bool, "neither true nor false for a bool")
    out.append(1 if value else 0)


BOOL = Shape(read_bool, write_bool, lambda random: random.random() < 0.5, 1)


def from_hex(value):
    try:
        raw = bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise Refused(str(error)) from None
    if len(raw) * 2 != len(value):
        raise Refused("hexadecimal with spaces")
    return raw


def octets(count):
    """Exactly `count` raw bytes."""

    def read(data, at):
        end = at + count
        if end > len(data):
            raise Refused(f"ends {end - len(data)} bytes early")
        return data[at:end].hex(), end

    def write(out, value):
        raw = from_hex(value)
        if len(raw) != count:
            raise Refused(f"{len(raw)} bytes where {count} belong")
        out += raw

    return Shape(read, write, lambda random: random.getrandbits(8 * count).to_bytes(count, "big").hex(), count)


HASH = octets(32)
COUNT = struct.Struct("<Q")


def read_count(data, at, most, least_each):
    raw, at = take(data, at, 8)
    count = COUNT.unpack(raw)[0]
    if count > most or at + count * least_each > len(data):
        raise Refused(f"{count} where at most {most} are allowed and {len(data) - at} bytes are left")
    return count, at


def write_count(out, count, most):
    if count > most:
        raise Refused(f"{count} where at most {most} are allowed")
    out += COUNT.pack(count)


def some(random, least, most, usual):
    """A count: mostly few, now and then the smallest or the largest that `usual` lets through."""
    dice = random.random()
    most = min(most, usual * 20) if dice < 0.01 else min(most, usual)
    return least if dice < 0.1 else most if dice < 0.015 else least + int(random.random() * (max(least, most) - least + 1))


def blob(most):
    def read(data, at):
        count, at = read_count(data, at, most, 1)
        raw, at = take(data, at, count)
        return raw.hex(), at

    def write(out, value):
        raw = from_hex(value)
        write_count(out, len(raw), most)
        out += raw

    return Shape(read, write, lambda random: random.randbytes(some(random, 0, most, 100)).hex(), 8)


CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")


def text(most, accept=None, sample=None):
    """Strict UTF-8 of at most `most` bytes without control characters; `accept` returns a reason to refuse."""

    def check(value):
        if CONTROL.search(value):
            raise Refused("control character")
        if accept and (reason := accept(value)):
            raise Refused(reason)

    def read(data, at):
        count, at = read_count(data, at, most, 1)
        raw, at = take(data, at, count)
        try:
            value = raw.decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise Refused(str(error)) from None
        check(value)
        return value, at

    def write(out, value):
        if not isinstance(value, str):
            raise Refused(f"{value!r} is no text")
        check(value)
        try:
            raw = value.encode("utf-8", "strict")
        except UnicodeEncodeError as error:
            raise Refused(str(error)) from None
        write_count(out, len(raw), most)
        out += raw

    return Shape(read, write, sample or (lambda random: sample_text(random, most)), 8)


ALPHABETS = ("abcdefghijklmnopqrstuvwxyz0123456789/-. ", "äößéñ çłžø ", "ελληνικά русский 中文字 \ufeff\u2028", "🙂🚀 a\u0301 👩\u200d🚀 \U0010ffff")


def sample_text(random, most):
    wanted = some(random, 0, most, 24)
    alphabet = ALPHABETS[0] if random.random() < 0.7 else random.choice(ALPHABETS)
    letters = len(alphabet)
    value = "".join([alphabet[byte % letters] for byte in random.randbytes(wanted)]).encode()[:most]
    return value.decode("utf-8", "ignore")


def many(item, most, least=0, usual=3):
    def read(data, at):
        count, at = read_count(data, at, most, item.least)
        if count < least:
            raise Refused(f"{count} where at least {least} belong")
        values = []
        for _ in range(count):
            value, at = item.read(data, at)
            values.append(value)
        return values, at

    def write(out, value):
        if not isinstance(value, list) or len(value) < least:
            raise Refused(f"{value!r} is no list of at least {least}")
        write_count(out, len(value), most)
        for one in value:
            item.write(out, one)

    return Shape(read, write, lambda random: [item.sample(random) for _ in range(some(random, least, most, usual))], 8 + least * item.least)


def option(item):
    def read(data, at):
        present, at = read_bool(data, at)
        return item.read(data, at) if present else (None, at)

    def write(out, value):
        write_bool(out, value is not None)
        if value is not None:
            item.write(out, value)

    return Shape(read, write, lambda random: item.sample(random) if random.random() < 0.5 else None, 1)


def record(accept=None, most=None, sample=None, /, **fields):
    """Fields in order; `accept` returns a reason to refuse the whole, `most` caps its bytes, `sample` amends a random one."""
    readers = [(name, shape.read) for name, shape in fields.items()]
    writers = [(name, shape.write) for name, shape in fields.items()]
    samplers = [(name, shape.sample) for name, shape in fields.items()]
    checked = accept is not None or most is not None

    def read(data, at):
        begin, value = at, {}
        for name, read_one in readers:
            value[name], at = read_one(data, at)
        if checked:
            check(value, at - begin)
        return value, at

    def write(out, value):
        if not (isinstance(value, dict) and value.keys() == fields.keys()):
            raise Refused(f"fields are {', '.join(fields)}")
        begin = len(out)
        for name, write_one in writers:
            write_one(out, value[name])
        if checked:
            check(value, len(out) - begin)

    def check(value, size):
        if accept and (reason := accept(value)):
            raise Refused(reason)
        if most is not None and size > most:
            raise Refused(f"{size} bytes where at most {most} are allowed")

    def make(random):
        value = {name: draw(random) for name, draw in samplers}
        return sample(random, value) if sample else value

    return Shape(read, write, make, sum(shape.least for shape in fields.values()))


def choice(**variants):
    """An enum: a u32 tag, then the variant's fields; a variant without any is None."""
    names = list(variants)
    tag = struct.Struct("<I")

    def read(data, at):
        raw, at = take(data, at, 4)
        index = tag.unpack(raw)[0]
        if index >= len(names):
            raise Refused(f"no variant {index}")
        name = names[index]
        if variants[name] is None:
            return name, at
        value, at = variants[name].read(data, at)
        return {name: value}, at

    def write(out, value):
        name = value if isinstance(value, str) else next(iter(value)) if isinstance(value, dict) and len(value) == 1 else None
        need(name in variants and isinstance(value, str) == (variants[name] is None), "no variant of that name and form")
        out += tag.pack(names.index(name))
        if variants[name] is not None:
            variants[name].write(out, value[name])

    def sample(random):
        name = random.choice(names)
        return name if variants[name] is None else {name: variants[name].sample(random)}

    return Shape(read, write, sample, 4)
