import Glibc
enum Killer {
  nonisolated(unsafe) static var request: UnsafeMutablePointer<UInt32>?
  nonisolated(unsafe) static var seconds: UInt32 = 3
  static func start(_ r: UnsafeMutablePointer<UInt32>, _ s: UInt32) {
    request = r
    seconds = s
    var thread = pthread_t()
    pthread_create(&thread, nil, { _ in
      sleep(Killer.seconds)
      Killer.request?.pointee = 1
      return nil
    }, nil)
  }
}
