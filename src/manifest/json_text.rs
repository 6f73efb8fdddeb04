//! JSON as `serde_json` writes it, into a text: a manifest is megabytes of short strings, and to look at them sixteen
//! bytes at a time for what must be escaped makes their writing twice as fast.

use std::fmt::Write as _;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Number};

type Result<T = ()> = std::result::Result<T, Error>;

/// Stands in a value for a part whose text is known.
pub(super) struct Known;

const KNOWN: &str = "<known>";

impl Serialize for Known {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_unit_struct(KNOWN)
    }
}

/// Writes a value.
pub(super) fn write(out: &mut String, value: &impl Serialize) -> Result {
    value.serialize(&mut Text { out, known: "" })
}

/// Writes a mapping, field by field; `known` is the text of [`Known`] in it.
pub(super) fn write_fields(
    out: &mut String,
    known: &str,
    fields: impl FnOnce(&mut Items<'_, '_>) -> Result,
) -> Result {
    let mut text = Text { out, known };
    let mut items = text.items("{", "}");
    fields(&mut items)?;
    items.finish();
    Ok(())
}

/// A string in quotes.
fn write_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escaped(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches, sixteen bytes are compared at once")]
fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn first_escaped(bytes: &[u8]) -> Option<usize> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let clean =
        chunks.iter().take_while(|chunk| !chunk.iter().fold(false, |any, byte| any | is_escaped(*byte)));
    let clean = clean.count() * 16;
    let rest = if clean < chunks.len() * 16 {
        &bytes[clean..clean + 16]
    } else if is_clean(rest) {
        return None;
    } else {
        rest
    };
    rest.iter().position(|byte| is_escaped(*byte)).map(|at| clean + at)
}

/// Whether nothing in up to sixteen bytes must be escaped: most strings are no longer.
fn is_clean(bytes: &[u8]) -> bool {
    let word = |from: &[u8]| from.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes));
    let half = |from: &[u8]| from.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes));
    let length = bytes.len();
    if let Some(first) = word(bytes) {
        return are_clean(first) && word(&bytes[length - 8..]).is_none_or(are_clean);
    }
    if let Some(first) = half(bytes) {
        let last = half(&bytes[length - 4..]).unwrap_or(first);
        return are_clean(u64::from(first) | u64::from(last) << 32);
    }
    !bytes.iter().any(|byte| is_escaped(*byte))
}

/// The same of eight bytes, all looked at together: the highest bit of a byte tells whether subtracting made it negative.
fn are_clean(bytes: u64) -> bool {
    const EACH: u64 = u64::MAX / 255;
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(EACH * limit) & !bytes & (EACH << 7);
    let equal = |byte: u8| below(bytes ^ (EACH * u64::from(byte)), 1);
    below(bytes, 0x20) | equal(b'"') | equal(b'\\') == 0
}

struct Text<'o> {
    out: &'o mut String,
    known: &'o str,
}

/// A list or a mapping on its way.
pub(super) struct Items<'t, 'o> {
    text: &'t mut Text<'o>,
    is_first: bool,
    end: &'static str,
}

impl<'o> Text<'o> {
    fn items(&mut self, start: &str, end: &'static str) -> Items<'_, 'o> {
        self.out.push_str(start);
        Items { text: self, is_first: true, end }
    }

    fn variant(&mut self, name: &str) {
        self.out.push('{');
        write_string(self.out, name);
        self.out.push(':');
    }

    fn number(&mut self, number: impl Into<Number>) -> Result {
        let _ = write!(self.out, "{}", number.into());
        Ok(())
    }
}

impl Items<'_, '_> {
    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result {
        self.separate();
        value.serialize(&mut *self.text)
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.text.out.push(',');
        }
    }

    fn key(&mut self, key: &(impl Serialize + ?Sized)) -> Result {
        self.separate();
        let start = self.text.out.len();
        key.serialize(&mut *self.text)?;
        if self.text.out.as_bytes().get(start) != Some(&b'"') {
            self.text.out.insert(start, '"');
            self.text.out.push('"');
        }
        self.text.out.push(':');
        Ok(())
    }

    /// A key that needs no escapes: no field's name does.
    pub(super) fn field(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result {
        self.text.out.reserve(name.len() + 4);
        self.separate();
        self.text.out.push('"');
        self.text.out.push_str(name);
        self.text.out.push_str("\":");
        value.serialize(&mut *self.text)
    }

    fn finish(self) {
        self.text.out.push_str(self.end);
    }
}

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => { $(fn $name(self, value: $type) -> Result { self.number(value) })* };
}

macro_rules! variants {
    ($($name:ident: $kind:ident => $start:literal $end:literal),*) => { $(
        fn $name(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Self::$kind> {
            self.variant(variant);
            Ok(self.items($start, $end))
        }
    )* };
}

impl<'t, 'o> Serializer for &'t mut Text<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'t, 'o>;
    type SerializeTuple = Items<'t, 'o>;
    type SerializeTupleStruct = Items<'t, 'o>;
    type SerializeTupleVariant = Items<'t, 'o>;
    type SerializeMap = Items<'t, 'o>;
    type SerializeStruct = Items<'t, 'o>;
    type SerializeStructVariant = Items<'t, 'o>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_bool(self, value: bool) -> Result {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result {
        self.out.push_str(&serde_json::to_string(&value)?);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result {
        match Number::from_f64(value) {
            Some(number) => self.number(number),
            None => self.serialize_unit(),
        }
    }

    fn serialize_char(self, value: char) -> Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result {
        write_string(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result {
        self.out.push_str(if name == KNOWN { self.known } else { "null" });
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.out.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'t, 'o>> {
        Ok(self.items("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'t, 'o>> {
        Ok(self.items("[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'t, 'o>> {
        Ok(self.items("[", "]"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'t, 'o>> {
        Ok(self.items("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'t, 'o>> {
        Ok(self.items("{", "}"))
    }

    variants! {
        serialize_tuple_variant: SerializeTupleVariant => "[" "]}",
        serialize_struct_variant: SerializeStructVariant => "{" "}}"
    }
}

macro_rules! compounds {
    ($($name:ident: $method:ident($($key:ident: $type:ty)?) => $own:ident),* $(,)?) => { $(
        impl $name for Items<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($key: $type,)? value: &T) -> Result {
                self.$own($($key,)? value)
            }

            fn end(self) -> Result {
                self.finish();
                Ok(())
            }
        }
    )* };
}

compounds! {
    SerializeSeq: serialize_element() => item,
    SerializeTuple: serialize_element() => item,
    SerializeTupleStruct: serialize_field() => item,
    SerializeTupleVariant: serialize_field() => item,
    SerializeStruct: serialize_field(key: &'static str) => field,
    SerializeStructVariant: serialize_field(key: &'static str) => field,
}

impl SerializeMap for Items<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut *self.text)
    }

    fn end(self) -> Result {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn text(value: &impl Serialize) -> String {
        let mut out = String::new();
        write(&mut out, value).unwrap();
        out
    }

    #[test]
    fn every_string_is_escaped_as_serde_json_does() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        for length in 0..40 {
            for special in ['"', '\\', '\n', '\u{1}', 'é', '𝄞', 'x'] {
                for at in 0..=length {
                    let mut value = "a".repeat(length);
                    value.insert(at, special);
                    assert_eq!(text(&value), serde_json::to_string(&value).unwrap());
                }
            }
        }
        assert_eq!(text(&all), serde_json::to_string(&all).unwrap());
    }

    #[test]
    fn every_kind_of_value_is_written_as_serde_json_does() {
        #[derive(Serialize)]
        enum Kind {
            Unit,
            New(u8),
            Tuple(i8, f32),
            Struct { a: Option<char> },
        }
        #[derive(Serialize)]
        struct Whole {
            kinds: Vec<Kind>,
            pair: (u64, i64),
            numbers: BTreeMap<i32, f64>,
            json: serde_json::Value,
            nothing: (),
        }
        let whole = Whole {
            kinds: vec![Kind::Unit, Kind::New(7), Kind::Tuple(-1, 0.5), Kind::Struct { a: Some('"') }],
            pair: (u64::MAX, i64::MIN),
            numbers: [(-1, 1e300), (2, 0.1), (3, f64::NAN), (4, 1.0), (5, 1_763_640_000.123_456)].into(),
            json: json!({"a": [null, true, 1.5, "x\ty"], "": {}, "b": []}),
            nothing: (),
        };
        assert_eq!(text(&whole), serde_json::to_string(&whole).unwrap());
    }

    #[test]
    fn a_known_part_stands_as_it_is() {
        let mut out = String::new();
        write_fields(&mut out, "{\"b\":1}", |items| items.field("a", &Known)).unwrap();
        assert_eq!(out, "{\"a\":{\"b\":1}}");
    }
}
