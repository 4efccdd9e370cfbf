import IR

/// Sums of products, and sums across: what ops make of words and halfwords that saturate once, at
/// the end.
extension V128 {
  // MARK: Multiply-sum

  /// To each word of `c` the products of its unsigned halfwords. Where none is negative, saturating
  /// on the way is as good as at the end.
  func multipliedHalfwords(_ b: V128, plus c: V128) -> (result: V128, lost: V128) {
    let even = multipliedParts(b, odd: false, signed: false, .e32)
    let odd = multipliedParts(b, odd: true, signed: false, .e32)
    let products = even.addingUnsigned(odd)
    let sum = products.result.addingUnsigned(c)
    return (sum.result, products.lost | sum.lost)
  }

  /// To each word of `c` the products of its signed halfwords. Their sum may be 2^31, which has no
  /// word: but its negative has one, and is no other sum's.
  func multipliedSignedHalfwords(_ b: V128, plus c: V128) -> (result: V128, lost: V128) {
    c.subtractingSigned(builder.v128(0).subtract(elements(.madd_vec, b, .e16)))
  }

  // MARK: Multiply high and add

  /// To each halfword of `c` bits 15 and up of the product, rounded or not. They may be 2^15, which
  /// has no halfword: but its negative has one, and is no other product's.
  func multipliedHigh(_ b: V128, rounded: Bool, plus c: V128) -> (result: V128, lost: V128) {
    let high = elements(.mulhrs_vec, b, .e16)
    // Rounding has added bit 14.
    let rounding =
      rounded
      ? builder.v128(0)
      : elements(.mul_vec, b, .e16).shiftedLeft(1, .e16).shiftedRight(15, .e16)
    let negative = rounding.elements(.sub_vec, high, .e16)
    let sum = c.elements(.sssub_vec, negative, .e16)
    return (sum, sum ^ c.elements(.sub_vec, negative, .e16))
  }

  // MARK: Sum across

  /// The sums of each two or four words and the last of those of `b`, which take its place; the
  /// others are zero. What is above the last three bits of words is summed apart from those, so
  /// that nothing is lost.
  func summedWords(_ b: V128, words: Int) -> (result: V128, lost: V128) {
    let lowBits = builder.v128(7, .e32), ones = builder.v128(.max)
    let last =
      words == 2 ? builder.v128(0xffff_ffff) : builder.v128(0).concatenated(ones, from: 96)
    func total(_ part: (V128) -> V128) -> V128 {
      var sum = part(self)
      for distance in [32, 64] where distance < 32 * words {
        sum = sum.add(sum.concatenated(sum, from: distance))
      }
      return sum.add(part(b)) & last
    }
    let low = total { $0 & lowBits }
    let high = total { $0.shiftedRightSigned(3, .e32) }.add(low.shiftedRight(3, .e32))
    let result = high.shiftedLeft(3, .e32) | low & lowBits
    let kept = result.shiftedRightSigned(3, .e32)
    return (result.chosen(by: kept.compare(.eq, high, .e32), else: high.limit), kept ^ high)
  }
}
