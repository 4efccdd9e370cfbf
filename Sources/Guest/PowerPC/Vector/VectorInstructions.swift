/// The instructions of the AltiVec Technology Programming Environments Manual, but the hints about
/// data streams.
let vectorInstructions: [Instruction] = Array(
  [
    vectorLoadStore, vectorAlignAndStatus, vectorIntegerAdd, vectorIntegerCompareSelect,
    vectorIntegerMultiply, vectorIntegerMultiplyAdd, vectorSumAcross, vectorIntegerCompare,
    vectorLogical, vectorShift, vectorPack, vectorPermute, vectorFloat.usingHostFloats(),
  ].joined())
