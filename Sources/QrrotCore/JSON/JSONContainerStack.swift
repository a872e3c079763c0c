/// The kinds of the arrays and objects that are open, one bit a level.
///
/// The innermost 64 levels lie in a word; only deeper texts use the heap, a word for each further
/// 64 levels.
struct JSONContainerStack {
  /// How many are open.
  private(set) var depth = 0
  /// The innermost levels, bit 0 being the innermost; 1 stands for an object.
  private var innermost: UInt64 = 0
  /// Full words of the outer levels.
  private var outer: [UInt64] = []

  /// Whether the innermost open container is an object; false if none is open.
  @inline(__always)
  var isInObject: Bool { innermost & 1 == 1 }

  /// Opens a container. The caller bounds the depth.
  @inline(__always)
  mutating func push(isObject: Bool) {
    if depth & 63 == 0, depth > 0 { outer.append(innermost) }
    innermost = innermost << 1 | (isObject ? 1 : 0)
    depth += 1
  }

  /// Closes the innermost container. It is a programmer error to call this when none is open.
  @inline(__always)
  mutating func pop() {
    depth -= 1
    innermost >>= 1
    if depth & 63 == 0, let word = outer.popLast() { innermost = word }
  }
}
