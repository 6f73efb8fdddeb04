//! Texts with a length, UUIDs, and bytes.

use super::misfit::Misfit;

pub(super) fn bounded(text: &str, most: u32, into: &mut Vec<u8>) -> Result<(), Misfit> {
    let most = most as usize;
    if text.len() > most && text.chars().count() > most {
        return Err(format!("is longer than {most} characters").into());
    }
    into.extend_from_slice(text.as_bytes());
    Ok(())
}

pub(super) fn uuid(text: &str, into: &mut Vec<u8>) -> Result<(), Misfit> {
    let number: uuid::Uuid = text.parse().map_err(|_| Misfit::from("is not a uuid"))?;
    into.extend_from_slice(number.as_bytes());
    Ok(())
}

/// `\x0aff`
pub(super) fn bytea(text: &str, into: &mut Vec<u8>) -> Result<(), Misfit> {
    let wrong = || Misfit::from("is not a bytea (expected hexadecimal digits as in `\\x0aff`)");
    let digits = text.strip_prefix("\\x").ok_or_else(wrong)?.as_bytes();
    if digits.len() % 2 == 1 {
        return Err(wrong());
    }
    for pair in digits.chunks_exact(2) {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return Err(wrong()) };
        into.extend(u8::try_from(high * 16 + low));
    }
    Ok(())
}
