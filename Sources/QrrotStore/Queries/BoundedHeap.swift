/// The first few of many elements, in the order of a comparison that is handed to each call, which has
/// to be the same one each time.
///
/// As long as fewer than the limit have come it is a plain array; from then on a heap whose root is the
/// last of them, so that most newcomers cost one comparison.
struct BoundedHeap<Element> {
  let limit: Int
  private(set) var elements: [Element] = []
  private var isHeap = false

  init(limit: Int) { self.limit = limit }

  var isFull: Bool { elements.count >= limit }

  /// The last of the elements, once there are as many as there may be.
  var last: Element? { isHeap ? elements.first : nil }

  /// Adds an element.
  ///
  /// - Returns: the one that is not among the first any more: an older one, `element` itself, or nil
  ///   while there is room.
  /// - Complexity: O(log limit).
  mutating func insert(
    _ element: Element, by precedes: (Element, Element) -> Bool
  ) -> Element? {
    guard isFull else {
      elements.append(element)
      if isFull { makeHeap(by: precedes) }
      return nil
    }
    guard let root = elements.first, precedes(element, root) else { return element }
    elements[0] = element
    siftDown(from: 0, by: precedes)
    return root
  }

  private mutating func makeHeap(by precedes: (Element, Element) -> Bool) {
    isHeap = true
    for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) {
      siftDown(from: index, by: precedes)
    }
  }

  private mutating func siftDown(from start: Int, by precedes: (Element, Element) -> Bool) {
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < elements.count else { return }
      if child + 1 < elements.count, precedes(elements[child], elements[child + 1]) { child += 1 }
      guard precedes(elements[index], elements[child]) else { return }
      elements.swapAt(index, child)
      index = child
    }
  }

  /// Calls `body` with each element, so that it can be changed without changing its place in the order.
  mutating func update(_ body: (inout Element) -> Void) {
    for index in elements.indices { body(&elements[index]) }
  }
}
