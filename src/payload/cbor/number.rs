//! The numbers that only CBOR has.

/// The most bytes of a bignum that is written in digits. The digits of longer ones take a time
/// that grows with the square, and tell nobody anything.
pub const MAX_BIGNUM: usize = 256;

/// How many digits [`bignum`] cuts off at a time.
const GROUP: u32 = 1_000_000_000;

/// The number of half precision (IEEE 754 binary16) in the lower 16 of `bits`.
pub(super) fn half(bits: u64) -> f32 {
    let part = |shift: u32, mask: u64| u16::try_from(bits >> shift & mask).unwrap_or_default();
    let (exponent, fraction) = (part(10, 0x1f), f32::from(part(0, 0x3ff)));
    let magnitude = match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (fraction + 1024.0) * 2_f32.powi(i32::from(exponent) - 25),
    };
    if part(15, 1) == 1 {
        -magnitude
    } else {
        magnitude
    }
}

/// The decimal digits of a bignum (RFC 8949, section 3.4.3): of `magnitude`, the most significant
/// byte first, or of -1 - `magnitude`.
pub(super) fn bignum(magnitude: &[u8], is_negative: bool) -> String {
    let mut limbs: Vec<u32> = magnitude
        .rchunks(4)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        })
        .collect();
    if is_negative {
        add_one(&mut limbs);
    }
    let mut groups = Vec::new();
    while limbs.iter().any(|limb| *limb > 0) {
        groups.push(cut_group(&mut limbs));
    }
    let sign = if is_negative { "-" } else { "" };
    let first = groups.pop().unwrap_or_default();
    let rest = groups.iter().rev().map(|group| format!("{group:09}"));
    format!("{sign}{first}{}", rest.collect::<String>())
}

fn add_one(limbs: &mut Vec<u32>) {
    for limb in limbs.iter_mut() {
        let (sum, overflows) = limb.overflowing_add(1);
        *limb = sum;
        if !overflows {
            return;
        }
    }
    limbs.push(1);
}

/// Divides by [`GROUP`] in place and gives what remains.
fn cut_group(limbs: &mut Vec<u32>) -> u32 {
    let mut rest = 0_u64;
    for limb in limbs.iter_mut().rev() {
        let dividend = rest << 32 | u64::from(*limb);
        // The quotient of what is below GROUP << 32 fits 32 bits.
        *limb = u32::try_from(dividend / u64::from(GROUP)).unwrap_or_default();
        rest = dividend % u64::from(GROUP);
    }
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    u32::try_from(rest).unwrap_or_default()
}
