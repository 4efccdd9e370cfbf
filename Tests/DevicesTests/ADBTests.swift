import Testing

@testable import Devices
@testable import Machine

/// Keyboard, mouse and bus by themselves.
struct ADBTests {
  let keyboard = ADBKeyboard()
  let mouse = ADBMouse()
  let bus: ADBBus

  init() { bus = ADBBus(devices: [keyboard, mouse]) }

  @Test("Register 3 moves a device and changes its handler, as QEMU's boot shows it")
  func register3() {
    #expect(bus.request([0x2f]) == [2, 1] && bus.request([0x1f]) == nil)
    #expect(bus.request([0x2b, 0x28, 0xfe]) == [])
    #expect(bus.request([0x2f]) == nil && bus.request([0x8f]) == [8, 1])
    #expect(bus.request([0x8b, 0x22, 0x03]) == [] && bus.request([0x2f]) == [2, 3])
    #expect(bus.request([0x3b, 0x23, 0x42]) == [] && bus.request([0x3f]) == [3, 2])
    #expect(bus.request([0x00]) == [] && bus.request([0x2f]) == [2, 1])
  }

  @Test("Right modifiers have codes of their own with handler 3 only; the power key fills both")
  func modifiers() {
    keyboard.key(0x7b, isDown: true)
    #expect(keyboard.talk(2) == [0xfb, 0xff])
    #expect(keyboard.talk(0) == [0x38, 0xff])
    keyboard.handler = 3
    keyboard.key(0x7b, isDown: false)
    #expect(keyboard.talk(0) == [0xfb, 0xff])
    keyboard.key(0x7f, isDown: true)
    #expect(keyboard.talk(0) == [0x7f, 0x7f] && keyboard.talk(0) == [])
  }

  @Test("The lights follow register 2")
  func lights() {
    keyboard.listen(2, [0xff, 0xfd])
    #expect(keyboard.lit == (false, true, false) && keyboard.talk(2) == [0xff, 0xfd])
  }

  @Test("A long movement comes in parts of at most 63 and 64 counts; buttons are up at 1")
  func movement() {
    mouse.move(right: 100, down: -70)
    mouse.press(first: true, second: false)
    #expect(mouse.talk(0) == [0x40, 0xbf])
    #expect(mouse.talk(0) == [0x7a, 0xa5])
    #expect(mouse.talk(0) == [])
    mouse.press(first: false, second: true)
    #expect(mouse.talk(0) == [0x80, 0x00])
  }

  @Test("sendkey's names")
  func names() {
    for (name, code) in [("a", 0), ("ret", 0x24), ("spc", 0x31), ("f12", 0x6f), ("shift", 0x38)]
      as [(String, UInt8)]
    { #expect(ADBKey.code(named: name) == code) }
    #expect(ADBKey.code(named: "nonsense") == nil && ADBKey.names.count > 100)
  }
}
