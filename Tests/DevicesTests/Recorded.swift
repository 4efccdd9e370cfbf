/// Accesses to QEMU 7.2.22 as a black box (its `qtest` protocol, `-S`), with what it answered.
///
/// `wOFFSET.SIZE=VALUE` writes, `rOFFSET.SIZE=VALUE` reads, `iNUMBER=LEVEL` drives an input; all
/// hexadecimal, big-endian numbers as on the processor's bus, offsets from the device's window.
enum Recorded {
  static let heathrow = """
    # after reset
    r10.4=0 r14.4=0 r18.4=0 r1c.4=0 r20.4=0 r24.4=0 r28.4=0 r2c.4=0 r0.4=0 r38.4=0
    # an edge input pulsed; cleared
    i12=1 i12=0 r10.4=0 r14.4=0 r18.4=0 r1c.4=0 r20.4=400 r24.4=0 r28.4=0 r2c.4=0 w28.4=400
    r10.4=0 r14.4=0 r18.4=0 r1c.4=0 r20.4=0 r24.4=0 r28.4=0 r2c.4=0
    # masks
    w24.4=ffffffff w14.4=78563412 r10.4=0 r14.4=78563412 r18.4=0 r1c.4=0 r20.4=0 r24.4=ffffffff
    r28.4=0 r2c.4=0 w24.4=0 w14.4=0
    # every input pulsed: which are edges
    i0=1 i0=0 i1=1 i1=0 i2=1 i2=0 i3=1 i3=0 i4=1 i4=0 i5=1 i5=0 i6=1 i6=0 i7=1 i7=0 i8=1 i8=0
    i9=1 i9=0 ia=1 ia=0 ib=1 ib=0 ic=1 ic=0 id=1 id=0 ie=1 ie=0 if=1 if=0 i10=1 i10=0 i11=1
    i11=0 i12=1 i12=0 i13=1 i13=0 i14=1 i14=0 i15=1 i15=0 i16=1 i16=0 i17=1 i17=0 i18=1 i18=0
    i19=1 i19=0 i1a=1 i1a=0 i1b=1 i1b=0 i1c=1 i1c=0 i1d=1 i1d=0 i1e=1 i1e=0 i1f=1 i1f=0 i20=1
    i20=0 i21=1 i21=0 i22=1 i22=0 i23=1 i23=0 i24=1 i24=0 i25=1 i25=0 i26=1 i26=0 i27=1 i27=0
    i28=1 i28=0 i29=1 i29=0 i2a=1 i2a=0 i2b=1 i2b=0 i2c=1 i2c=0 i2d=1 i2d=0 i2e=1 i2e=0 i2f=1
    i2f=0 i30=1 i30=0 i31=1 i31=0 i32=1 i32=0 i33=1 i33=0 i34=1 i34=0 i35=1 i35=0 i36=1 i36=0
    i37=1 i37=0 i38=1 i38=0 i39=1 i39=0 i3a=1 i3a=0 i3b=1 i3b=0 i3c=1 i3c=0 i3d=1 i3d=0 i3e=1
    i3e=0 i3f=1 i3f=0 r10.4=ffffffff r14.4=0 r18.4=0 r1c.4=0 r20.4=ffff0fe0 r24.4=0 r28.4=0
    r2c.4=0
    # levels held; clear does not move them
    i15=1 i28=1 r10.4=ffffffff r14.4=0 r18.4=0 r1c.4=10000 r20.4=ffff0fe0 r24.4=0 r28.4=0
    r2c.4=2000 w28.4=ffffffff w18.4=ffffffff r10.4=0 r14.4=0 r18.4=0 r1c.4=10000 r20.4=0 r24.4=0
    r28.4=0 r2c.4=2000 i15=0 i28=0 r10.4=0 r14.4=0 r18.4=0 r1c.4=0 r20.4=0 r24.4=0 r28.4=0
    r2c.4=0
    """

  static let grackle = """
    # identity of the bridge, in words, half-words and bytes
    w0.4=80 r200000.4=57100200 r200000.2=5710 r200002.2=200 r200000.1=57 r200001.1=10
    r200002.1=2 r200003.1=0 r0.4=80 w0.4=4000080 r200000.4=0 w0.4=8000080 r200000.4=10006
    w0.4=c000080 r200000.4=0 w0.4=10000080 r200000.4=0 w0.4=2c000080 r200000.4=f41a0011
    w0.4=30000080 r200000.4=0 w0.4=3c000080 r200000.4=0 w0.4=40000080 r200000.4=0 w0.4=a8000080
    r200000.4=0
    # what can be written
    w0.4=80 w200000.4=ffffffff r200000.4=57100200 w0.4=4000080 w200000.4=ffffffff
    r200000.4=7050000 w0.4=8000080 w200000.4=ffffffff r200000.4=10006 w0.4=c000080
    w200000.4=ffffffff r200000.4=ff000000 w0.4=10000080 w200000.4=ffffffff r200000.4=0
    w0.4=14000080 w200000.4=ffffffff r200000.4=0 w0.4=18000080 w200000.4=ffffffff r200000.4=0
    w0.4=1c000080 w200000.4=ffffffff r200000.4=0 w0.4=20000080 w200000.4=ffffffff r200000.4=0
    w0.4=24000080 w200000.4=ffffffff r200000.4=0 w0.4=28000080 w200000.4=ffffffff r200000.4=0
    w0.4=2c000080 w200000.4=ffffffff r200000.4=f41a0011 w0.4=30000080 w200000.4=ffffffff
    r200000.4=0 w0.4=34000080 w200000.4=ffffffff r200000.4=0 w0.4=38000080 w200000.4=ffffffff
    r200000.4=0 w0.4=3c000080 w200000.4=ffffffff r200000.4=ff000000 w0.4=40000080
    w200000.4=ffffffff r200000.4=ffffffff w0.4=44000080 w200000.4=ffffffff r200000.4=ffffffff
    w0.4=48000080 w200000.4=ffffffff r200000.4=ffffffff w0.4=4c000080 w200000.4=ffffffff
    r200000.4=ffffffff
    # mac-io: sizing of its window, then the address, then decoding
    w0.4=800080 r200000.4=6b101000 w0.4=8800080 r200000.4=ff w0.4=10800080 r200000.4=0
    w0.4=10800080 w200000.4=ffffffff r200000.4=f8ff w200000.4=80 r200000.4=80 w0.4=4800080
    w200000.4=16000000 r200000.4=6000000 w200000.2=600 r200000.2=600
    # nothing in slot 5, on bus 1, or with the enable bit off
    w0.4=280080 r200000.4=ffffffff r200000.2=ffff r200000.1=ff w0.4=180 r200000.4=ffffffff
    w0.4=0 r200000.4=ffffffff r200001.1=ff
    # the index: words only
    w0.2=1234 r0.4=0 w4.4=80 r0.4=0
    """

  static let grackleIO = """
    # nothing answers in PCI I/O
    r0.1=ff r0.2=ffff r0.4=ffffffff r1000.1=ff r1000.2=ffff r1000.4=ffffffff r1ffff8.1=ff
    r1ffff8.2=ffff r1ffff8.4=ffffffff
    """

  static let uniNorth = """
    # type 0 addresses
    w0.4=80000 r400000.4=6b101f00 r400004.4=0 r400002.2=1f00 r400007.1=0 w0.4=8080000
    r400000.4=6 r400004.4=100000 r400002.2=6 r400007.1=0 w0.4=48080000 r400000.4=1 r400004.4=0
    r400002.2=1 r400007.1=0 w0.4=100000 r400000.4=6b102200 r400004.4=0 r400002.2=2200
    r400007.1=0 w0.4=8100000 r400000.4=ff r400004.4=0 r400002.2=ff r400007.1=0 w0.4=48100000
    r400000.4=0 r400004.4=0 r400002.2=0 r400007.1=0 w0.4=1000 r400000.4=ffffffff
    r400004.4=ffffffff r400002.2=ffff r400007.1=ff w0.4=8001000 r400000.4=ffffffff
    r400004.4=ffffffff r400002.2=ffff r400007.1=ff w0.4=48001000 r400000.4=ffffffff
    r400004.4=ffffffff r400002.2=ffff r400007.1=ff w0.4=0 r400000.4=ffffffff
    # type 1 addresses by bit 0 and by bit 31
    w0.4=1580000 r400000.4=6b101f00 r400004.4=0 r400002.2=1f00 w0.4=1600000 r400000.4=6b102200
    r400004.4=0 r400002.2=2200 w0.4=580080 r400000.4=6b101f00 r400004.4=6b101f00 r400002.2=1f00
    w0.4=8600080 r400000.4=ff r400004.4=ff r400002.2=ff w0.4=1580100 r400000.4=ffffffff
    r400004.4=ffffffff r400002.2=ffff
    # writes
    w0.4=10100000 w400000.4=ffffffff r400000.4=f8ff w400000.4=80 r400000.4=80 w0.4=100000
    w400004.2=600 r400004.4=6000000
    """

  static let uniNorthRegisters = """
    # version, and registers that keep nothing
    r0.4=7 r4.4=0 r20.4=0 r40.4=0 w40.4=180000 r40.4=0 w0.4=5 r0.4=7
    """

  static let nvram = """
    # stride 2: each byte shows twice
    r0.4=7070d9d9 r0.2=7070 r1.1=70 r2.1=d9 w3000.4=12345678 r3000.4=34347878 w3003.1=9a
    r3000.4=34349a9a
    """

  static let openPIC = """
    # after reset
    r1000.4=2003f00 r1020.4=0 r1080.4=0 r1090.4=0 r10a0.4=a0 r10b0.4=a0 r10c0.4=a0 r10d0.4=a0
    r10e0.4=ff000000 r10f0.4=7a3f00 r1100.4=0 r1110.4=80 r1120.4=0 r1130.4=0 r11d0.4=80
    r10000.4=a0 r10010.4=0 r107e0.4=a0 r107f0.4=0 r20080.4=f000000 r20090.4=0 r200a0.4=ff000000
    r200b0.4=0
    # what can be written
    w10a0.4=ffffffff r10a0.4=ff00cf80 w10d0.4=ffffffff r10d0.4=ff00cf80 w10e0.4=ffffffff
    r10e0.4=ff000000 w10f0.4=ffffffff r10f0.4=ffffffff w1110.4=ffffffff r1110.4=ffffffff
    w1120.4=ffffffff r1120.4=ff00cf80 w1130.4=ffffffff r1130.4=1000000 w10000.4=ffffffff
    r10000.4=ff00cf80 w10010.4=ffffffff r10010.4=1000000 w107e0.4=ffffffff r107e0.4=ff00cf80
    w20080.4=ffffffff r20080.4=f000000
    # reset by GCR; timers stay
    w1020.4=80 r1020.4=0 r10a0.4=a0 r10e0.4=ff000000 r1120.4=ff00cf80 r1130.4=1000000
    r10000.4=a0 r10010.4=0 r107e0.4=a0 r20080.4=f000000 w1020.4=ffffff7f r1020.4=20 w1020.4=80
    # an edge source
    w100a0.4=45000800 w100b0.4=1000000 w20080.4=0 i5=1 r100a0.4=45000840 r200a0.4=45000000
    r200a0.4=ff000000 i5=0 w200b0.4=0 r200a0.4=ff000000
    # a level source, high after the end of its interrupt
    w100c0.4=46004800 w100d0.4=1000000 i6=1 r200a0.4=46000000 r100c0.4=46004840 w200b0.4=0
    r200a0.4=46000000 i6=0 w200b0.4=0 r200a0.4=ff000000
    # masked, then unmasked
    w100e0.4=47004880 w100f0.4=1000000 i7=1 r200a0.4=ff000000 r100e0.4=47004880
    w100e0.4=47004800 r100e0.4=47004840 r200a0.4=47000000 i7=0 w200b0.4=0
    # masked edge, then unmasked
    w100e0.4=47000880 w100f0.4=1000000 i7=1 r200a0.4=ff000000 r100e0.4=47000880 i7=0
    w100e0.4=47000800 r100e0.4=47000840 r200a0.4=47000000 r100e0.4=47000800 w200b0.4=0
    # a higher priority interrupts a lower one
    w10120.4=49004400 w10130.4=1000000 w10140.4=50004800 w10150.4=1000000 i9=1 r200a0.4=49000000
    ia=1 r200a0.4=50000000 ia=0 i9=0 w200b0.4=0 w200b0.4=0 r200a0.4=ff000000
    # the task priority
    w20080.4=8000000 ia=1 r200a0.4=ff000000 w20080.4=7000000 r200a0.4=50000000 ia=0 w200b0.4=0
    r200a0.4=ff000000
    # equal priorities: the lower source first
    w10160.4=51004800 w10170.4=1000000 w10180.4=52004800 w10190.4=1000000 ic=1 ib=1
    r200a0.4=51000000 ib=0 w200b0.4=0 r200a0.4=52000000 ic=0 w200b0.4=0 r200a0.4=ff000000
    # an interprocessor interrupt to itself
    w20080.4=0 w10a0.4=60000900 w20040.4=1000000 r10a0.4=60000940 r200a0.4=60000000
    r10a0.4=60000900 w200b0.4=0 r200a0.4=ff000000
    # priority 0 never comes; the spurious vector
    w101a0.4=53004000 w101b0.4=1000000 id=1 r200a0.4=ff000000 id=0 w10e0.4=77563412
    r10e0.4=77000000 r200a0.4=77000000
    # no destination
    w101c0.4=54004800 w101d0.4=0 ie=1 r200a0.4=77000000 w101d0.4=1000000 r200a0.4=77000000 ie=0
    w200b0.4=0
    # narrow reads
    r1000.1=2 r1003.1=ff r1000.2=200
    """

  static let gpio = """
    # the PMU holds pin 1 high; 36 pins
    r0.1=0 r1.1=0 r7.1=0 r8.1=0 r9.1=2 r2b.1=0 r2c.1=0 r2f.1=0 w0.1=ff w9.1=ff wa.1=ff w2b.1=ff
    w2c.1=ff r0.1=0 r9.1=ff ra.1=ff r2b.1=ff r2c.1=0 w0.1=0 w9.1=0 wa.1=0 w2b.1=0 w2c.1=0 r0.1=0
    r9.1=2 ra.1=2 r2b.1=2 r2c.1=0 w0.1=4 w9.1=4 wa.1=4 w2b.1=4 w2c.1=4 r0.1=0 r9.1=4 ra.1=4
    r2b.1=4 r2c.1=0 w0.1=5 w9.1=5 wa.1=5 w2b.1=5 w2c.1=5 r0.1=0 r9.1=7 ra.1=7 r2b.1=7 r2c.1=0
    w0.1=1 w9.1=1 wa.1=1 w2b.1=1 w2c.1=1 r0.1=0 r9.1=3 ra.1=3 r2b.1=3 r2c.1=0 w0.1=0 w9.1=0
    wa.1=0 w2b.1=0 w2c.1=0 r0.1=0 r9.1=2 ra.1=2 r2b.1=2 r2c.1=0 r8.4=20200
    """

  static let firmwareConfiguration = """
    # signature; past the end; bit 14; narrow selectors do nothing; writes of data are ignored
    w0.2=0 r2.1=51 r2.1=45 r2.1=4d r2.1=55 r2.1=0 r2.1=0 w0.2=4001 r2.1=1 r2.1=0 r2.1=0 r2.1=0
    r2.1=0 w0.1=0 r2.1=0 w0.2=0 w2.1=55 r2.1=51 r2.1=45 r0.2=0 w0.2=7777 r2.1=0
    """
}
