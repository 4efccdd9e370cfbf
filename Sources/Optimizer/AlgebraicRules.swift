/// Rules that hold at every width. Constants stand second: the forward pass puts them there.
public let algebraicRules: [Rule] = [
  // Neutral elements
  .rule("add-zero") { x in x + 0 => x },
  .rule("sub-zero") { x in x - 0 => x },
  .rule("mul-one") { x in x * 1 => x },
  .rule("mul-zero") { x in x * 0 => 0 },
  .rule("and-zero") { x in x & 0 => 0 },
  .rule("and-ones") { x in x & -1 => x },
  .rule("or-zero") { x in x | 0 => x },
  .rule("or-ones") { x in x | -1 => -1 },
  .rule("xor-zero") { x in x ^ 0 => x },
  .rule("xor-ones") { x in x ^ -1 => ~x },
  .rule("shl-zero") { x in x.shl(0) => x },
  .rule("shr-zero") { x in x.shr(0) => x },
  .rule("sar-zero") { x in x.sar(0) => x },
  .rule("rotl-zero") { x in x.rotl(0) => x },
  // One operand twice
  .rule("sub-self") { x in x - x => 0 },
  .rule("and-self") { x in x & x => x },
  .rule("or-self") { x in x | x => x },
  .rule("xor-self") { x in x ^ x => 0 },
  .rule("andc-self") { x in x.andc(x) => 0 },
  .rule("orc-self") { x in x.orc(x) => -1 },
  .rule("eqv-self") { x in x.eqv(x) => -1 },
  .rule("nor-self") { x in x.nor(x) => ~x },
  .rule("nand-self") { x in x.nand(x) => ~x },
  // Inverses
  .rule("not-not") { x in ~(~x) => x },
  .rule("neg-neg") { x in -(-x) => x },
  .rule("add-neg") { x, y in x + -y => x - y },
  .rule("sub-neg") { x, y in x - -y => x + y },
  .rule("neg-sub") { x, y in -(x - y) => y - x },
]

/// Rules that gather constants.
public let constantRules: [Rule] = [
  .withConstant("sub-constant") { x, k in x - k => x + -k },
  .withConstant("subtract-from-zero") { x, _ in 0 - x => -x },
  .withConstant("andc-constant") { x, k in x.andc(k) => x & ~k },
  .withConstant("orc-constant") { x, k in x.orc(k) => x | ~k },
  .withConstants("add-add") { x, k, m in (x + k) + m => x + (k + m) },
  .withConstants("and-and") { x, k, m in (x & k) & m => x & (k & m) },
  .withConstants("or-or") { x, k, m in (x | k) | m => x | (k | m) },
  .withConstants("xor-xor") { x, k, m in (x ^ k) ^ m => x ^ (k ^ m) },
  .withConstants("rotl-rotl") { x, k, m in x.rotl(k).rotl(m) => x.rotl(k + m) },
  .withConstant("shl-shr-same") { x, k in x.shl(k).shr(k) => x & Term.literal(-1).shr(k) },
  .withConstant("shr-shl-same") { x, k in x.shr(k).shl(k) => x & Term.literal(-1).shl(k) },
]
