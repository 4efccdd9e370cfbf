/// More accesses to QEMU, in the form of `Recorded`: network and USB controllers.
enum RecordedControllers {
  static let ne2000 = """
    # after reset: pages 0 to 3
    w0.1=21 r0.1=21 r1.1=0 r2.1=0 r3.1=0 r4.1=0 r5.1=0 r6.1=0 r7.1=80 r8.1=0 r9.1=0 ra.1=50
    rb.1=43 rc.1=0 rd.1=0 re.1=0 rf.1=0 w0.1=61 r0.1=61 r1.1=0 r2.1=0 r3.1=0 r4.1=0 r5.1=0
    r6.1=0 r7.1=0 r8.1=0 r9.1=0 ra.1=0 rb.1=0 rc.1=0 rd.1=0 re.1=0 rf.1=0 w0.1=a1 r0.1=a1 r1.1=0
    r2.1=0 r3.1=0 r4.1=0 r5.1=0 r6.1=0 r7.1=0 r8.1=0 r9.1=0 ra.1=0 rb.1=0 rc.1=0 rd.1=0 re.1=0
    rf.1=0 w0.1=e1 r0.1=e1 r1.1=0 r2.1=0 r3.1=0 r4.1=0 r5.1=40 r6.1=40 r7.1=0 r8.1=0 r9.1=0
    ra.1=0 rb.1=0 rc.1=0 rd.1=0 re.1=0 rf.1=0 w0.1=21 r12.1=ff r18.1=ff r20.1=ff
    # reset port
    r1f.1=0 r7.1=80
    # station address, in words and bytes
    we.1=49 wa.1=20 wb.1=0 w8.1=0 w9.1=0 w0.1=a r10.2=5252 r10.2=5454 r10.2=0 r10.2=1212
    r10.2=3434 r10.2=5656 w8.1=1c r10.2=5757 r10.2=5757 r7.1=0 r7.1=0 w7.1=40 r7.1=0 r8.1=20
    r9.1=0 we.1=48 wa.1=8 wb.1=0 w8.1=0 w9.1=0 w0.1=a r10.1=52 r10.1=52 r10.1=54 r10.1=54
    r10.1=0 r10.1=0 r10.1=12 r10.1=12 r7.1=40
    # memory, in bytes, words and double words, with the ring end
    w1.1=46 w2.1=80 we.1=48 w8.1=fc w9.1=7f wa.1=8 wb.1=0 w0.1=12 w10.1=31 w10.1=32 w10.1=33
    w10.1=34 w10.1=35 w10.1=36 w10.1=37 w10.1=38 r7.1=40 w8.1=fc w9.1=7f wa.1=8 wb.1=0 w0.1=a
    r10.1=31 r10.1=32 r10.1=33 r10.1=34 r10.1=35 r10.1=36 r10.1=37 r10.1=38 w8.1=0 w9.1=46
    wa.1=8 wb.1=0 w0.1=a r10.1=35 r10.1=36 r10.1=37 r10.1=38 we.1=49 w8.1=0 w9.1=50 wa.1=8
    wb.1=0 w0.1=12 w10.2=1122 w10.2=3344 w10.4=55667788 w8.1=0 w9.1=50 wa.1=8 wb.1=0 w0.1=a
    r10.4=11223344 r10.2=5566 r10.1=77 r7.1=40 r8.1=8 r9.1=50
    # outside of memory; beyond the count
    w8.1=0 w9.1=20 wa.1=4 wb.1=0 w0.1=12 w10.2=1234 w8.1=0 w9.1=20 wa.1=4 wb.1=0 w0.1=a
    r10.2=ffff w8.1=fe w9.1=3f wa.1=4 wb.1=0 w0.1=a r10.2=ffff r10.2=0 r10.2=0 r8.1=4 r9.1=40
    # a transfer of nothing
    w7.1=ff r7.1=0 w8.1=0 w9.1=40 wa.1=0 wb.1=0 w0.1=a r7.1=40
    # transmit
    w7.1=ff w4.1=40 w5.1=3c w6.1=0 w0.1=26 r0.1=22 r4.1=1 r7.1=2
    # pages 1 and 2
    w0.1=61 w1.1=a1 w2.1=a2 w3.1=a3 w4.1=a4 w5.1=a5 w6.1=a6 w7.1=a7 w8.1=a8 w9.1=a9 wa.1=aa
    wb.1=ab wc.1=ac wd.1=ad we.1=ae wf.1=af r0.1=61 r1.1=a1 r2.1=a2 r3.1=a3 r4.1=a4 r5.1=a5
    r6.1=a6 r7.1=a7 r8.1=a8 r9.1=a9 ra.1=aa rb.1=ab rc.1=ac rd.1=ad re.1=ae rf.1=af w0.1=a1
    r0.1=a1 r1.1=46 r2.1=80 r3.1=0 r4.1=0 r5.1=0 r6.1=0 r7.1=0 r8.1=0 r9.1=0 ra.1=0 rb.1=0
    rc.1=0 rd.1=0 re.1=0 rf.1=0 w0.1=e1 r0.1=e1 r1.1=0 r2.1=0 r3.1=0 r4.1=0 r5.1=40 r6.1=40
    r7.1=0 r8.1=0 r9.1=0 ra.1=0 rb.1=0 rc.1=0 rd.1=0 re.1=0 rf.1=0 w0.1=21 r0.1=21 r1.1=0 r2.1=0
    r3.1=0 r4.1=1 r5.1=0 r6.1=0 r7.1=2 r8.1=0 r9.1=40 ra.1=50 rb.1=43 rc.1=0 rd.1=0 re.1=0
    rf.1=0
    """

  static let sunGEM = """
    # after reset
    r0.4=0 r4.4=0 r8.4=0 rc.4=0 r10.4=ffffff0f r14.4=0 r18.4=0 r1c.4=0 r1000.4=0 r1004.4=0
    r1008.4=0 r100c.4=0 r2000.4=0 r2004.4=10801100 r2008.4=0 r200c.4=0 r2010.4=0 r2014.4=0
    r2018.4=0 r201c.4=0 r2020.4=0 r2024.4=0 r2028.4=0 r202c.4=0 r2030.4=0 r2034.4=0 r2038.4=0
    r2100.4=0 r2104.4=0 r2108.4=0 r210c.4=0 r2110.4=0 r2114.4=0 r2118.4=90000000
    r4000.4=10000001 r4004.4=0 r4008.4=0 r400c.4=0 r4010.4=0 r4014.4=0 r4018.4=0 r401c.4=0
    r4020.4=f8000000 r4100.4=0 r4104.4=0 r4108.4=0 r410c.4=0 r4110.4=0 r4114.4=0 r4118.4=0
    r411c.4=0 r4120.4=40010000 r6000.4=0 r6004.4=0 r6008.4=0 r600c.4=0 r6010.4=0 r6014.4=0
    r6018.4=0 r601c.4=0 r6020.4=0 r6024.4=0 r6028.4=0 r602c.4=0 r6030.4=0 r6034.4=0 r6038.4=0
    r603c.4=0 r6040.4=0 r6044.4=0 r6048.4=0 r604c.4=0 r6050.4=0 r6054.4=0 r6058.4=0 r605c.4=0
    r6060.4=0 r6064.4=0 r6068.4=0 r606c.4=0 r6070.4=0 r6074.4=0 r6078.4=0 r607c.4=0
    r6080.4=56340000 r6084.4=12000000 r6088.4=54520000 r608c.4=0 r6090.4=0 r6094.4=0 r6098.4=0
    r609c.4=0 r60a0.4=0 r60a4.4=0 r60a8.4=0 r60ac.4=0 r60b0.4=0 r60b4.4=0 r60b8.4=0 r60bc.4=0
    r60c0.4=0 r60c4.4=0 r60c8.4=0 r60cc.4=0 r60d0.4=0 r60d4.4=0 r60d8.4=0 r60dc.4=0 r60e0.4=0
    r60e4.4=0 r60e8.4=0 r60ec.4=0 r60f0.4=0 r60f4.4=0 r60f8.4=0 r60fc.4=0 r6100.4=0 r6104.4=0
    r6108.4=0 r610c.4=0 r6110.4=0 r6114.4=0 r6118.4=0 r611c.4=0 r6120.4=0 r6124.4=0 r6128.4=0
    r612c.4=0 r6130.4=0 r6134.4=0 r6200.4=0 r6204.4=0 r6208.4=0 r6210.4=10000 r6214.4=0
    r6218.4=0 r621c.4=0 r9000.4=0 r9004.4=0 r9008.4=0 r900c.4=0 r9010.4=0 r9014.4=0 r9050.4=0
    r9054.4=0 r9058.4=0
    # what can be written
    w0.4=ffffffff r0.4=0 w0.4=0 w4.4=ffffffff r4.4=ffffffff w4.4=0 w8.4=ffffffff r8.4=ffffffff
    w8.4=0 wc.4=ffffffff rc.4=0 wc.4=0 w10.4=ffffffff r10.4=ffffffff w10.4=0 w14.4=ffffffff
    r14.4=0 w14.4=0 w18.4=ffffffff r18.4=ffffffff w18.4=0 w1000.4=ffffffff r1000.4=0 w1000.4=0
    w1004.4=ffffffff r1004.4=7000000 w1004.4=0 w1008.4=ffffffff r1008.4=ffffffff w1008.4=0
    w100c.4=ffffffff r100c.4=ffffffff w100c.4=0 w2000.4=0 r2000.4=0 w2000.4=0 w2004.4=0
    r2004.4=0 w2004.4=0 w2008.4=ffffffff r2008.4=ffffffff w2008.4=0 w200c.4=ffffffff
    r200c.4=ffffffff w200c.4=0 w2010.4=ffffffff r2010.4=ffffffff w2010.4=0 w2014.4=ffffffff
    r2014.4=ffffffff w2014.4=0 w2018.4=ffffffff r2018.4=ffffffff w2018.4=0 w201c.4=ffffffff
    r201c.4=ffffffff w201c.4=0 w2020.4=ffffffff r2020.4=ffffffff w2020.4=0 w2024.4=ffffffff
    r2024.4=0 w2024.4=0 w2028.4=ffffffff r2028.4=0 w2028.4=0 w202c.4=ffffffff r202c.4=ffffffff
    w202c.4=0 w2030.4=ffffffff r2030.4=0 w2030.4=0 w2034.4=ffffffff r2034.4=0 w2034.4=0
    w2038.4=ffffffff r2038.4=0 w2038.4=0 w2100.4=ffffffff r2100.4=0 w2100.4=0 w2104.4=ffffffff
    r2104.4=ffffffff w2104.4=0 w2108.4=ffffffff r2108.4=0 w2108.4=0 w210c.4=ffffffff
    r210c.4=ffffffff w210c.4=0 w2110.4=ffffffff r2110.4=ffffffff w2110.4=0 w2114.4=ffffffff
    r2114.4=ffffffff w2114.4=0 w2118.4=ffffffff r2118.4=90000000 w2118.4=0 w4000.4=0 r4000.4=0
    w4000.4=0 w4004.4=ffffffff r4004.4=ffffffff w4004.4=0 w4008.4=ffffffff r4008.4=ffffffff
    w4008.4=0 w400c.4=ffffffff r400c.4=ffffffff w400c.4=0 w4010.4=ffffffff r4010.4=ffffffff
    w4010.4=0 w4014.4=ffffffff r4014.4=ffffffff w4014.4=0 w4018.4=ffffffff r4018.4=0 w4018.4=0
    w401c.4=ffffffff r401c.4=0 w401c.4=0 w4020.4=ffffffff r4020.4=ffffffff w4020.4=0 w4100.4=0
    r4100.4=0 w4100.4=0 w4104.4=ffffffff r4104.4=0 w4104.4=0 w4108.4=ffffffff r4108.4=ffffffff
    w4108.4=0 w410c.4=ffffffff r410c.4=ffffffff w410c.4=0 w4110.4=ffffffff r4110.4=0 w4110.4=0
    w4114.4=ffffffff r4114.4=ffffffff w4114.4=0 w4118.4=ffffffff r4118.4=ffffffff w4118.4=0
    w411c.4=ffffffff r411c.4=ffffffff w411c.4=0 w4120.4=ffffffff r4120.4=40010000 w4120.4=0
    w6000.4=ffffffff r6000.4=0 w6000.4=0 w6004.4=ffffffff r6004.4=0 w6004.4=0 w6008.4=ffffffff
    r6008.4=ffffffff w6008.4=0 w600c.4=ffffffff r600c.4=ffffffff w600c.4=0 w6010.4=ffffffff
    r6010.4=0 w6010.4=0 w6014.4=ffffffff r6014.4=0 w6014.4=0 w6018.4=ffffffff r6018.4=0
    w6018.4=0 w601c.4=ffffffff r601c.4=ffffffff w601c.4=0 w6020.4=ffffffff r6020.4=ffffffff
    w6020.4=0 w6024.4=ffffffff r6024.4=ffffffff w6024.4=0 w6028.4=ffffffff r6028.4=ffffffff
    w6028.4=0 w602c.4=ffffffff r602c.4=ffffffff w602c.4=0 w6030.4=ffffffff r6030.4=ffffffff
    w6030.4=0 w6034.4=ffffffff r6034.4=ffffffff w6034.4=0 w6038.4=ffffffff r6038.4=ffffffff
    w6038.4=0 w603c.4=ffffffff r603c.4=ffffffff w603c.4=0 w6040.4=ffffffff r6040.4=ffffffff
    w6040.4=0 w6044.4=ffffffff r6044.4=ffffffff w6044.4=0 w6048.4=ffffffff r6048.4=ffffffff
    w6048.4=0 w604c.4=ffffffff r604c.4=ffffffff w604c.4=0 w6050.4=ffffffff r6050.4=ff030000
    w6050.4=0 w6054.4=ffffffff r6054.4=ffffffff w6054.4=0 w6058.4=ffffffff r6058.4=ffffffff
    w6058.4=0 w605c.4=ffffffff r605c.4=ffffffff w605c.4=0 w6060.4=ffffffff r6060.4=ffffffff
    w6060.4=0 w6064.4=ffffffff r6064.4=ffffffff w6064.4=0 w6068.4=ffffffff r6068.4=ffffffff
    w6068.4=0 w606c.4=ffffffff r606c.4=ffffffff w606c.4=0 w6070.4=ffffffff r6070.4=ffffffff
    w6070.4=0 w6074.4=ffffffff r6074.4=ffffffff w6074.4=0 w6078.4=ffffffff r6078.4=ffffffff
    w6078.4=0 w607c.4=ffffffff r607c.4=ffffffff w607c.4=0 w6080.4=ffffffff r6080.4=ffffffff
    w6080.4=0 w6084.4=ffffffff r6084.4=ffffffff w6084.4=0 w6088.4=ffffffff r6088.4=ffffffff
    w6088.4=0 w608c.4=ffffffff r608c.4=ffffffff w608c.4=0 w6090.4=ffffffff r6090.4=ffffffff
    w6090.4=0 w6094.4=ffffffff r6094.4=ffffffff w6094.4=0 w6098.4=ffffffff r6098.4=ffffffff
    w6098.4=0 w609c.4=ffffffff r609c.4=ffffffff w609c.4=0 w60a0.4=ffffffff r60a0.4=ffffffff
    w60a0.4=0 w60a4.4=ffffffff r60a4.4=ffffffff w60a4.4=0 w60a8.4=ffffffff r60a8.4=ffffffff
    w60a8.4=0 w60ac.4=ffffffff r60ac.4=ffffffff w60ac.4=0 w60b0.4=ffffffff r60b0.4=ffffffff
    w60b0.4=0 w60b4.4=ffffffff r60b4.4=ffffffff w60b4.4=0 w60b8.4=ffffffff r60b8.4=ffffffff
    w60b8.4=0 w60bc.4=ffffffff r60bc.4=ffffffff w60bc.4=0 w60c0.4=ffffffff r60c0.4=ffffffff
    w60c0.4=0 w60c4.4=ffffffff r60c4.4=ffffffff w60c4.4=0 w60c8.4=ffffffff r60c8.4=ffffffff
    w60c8.4=0 w60cc.4=ffffffff r60cc.4=ffffffff w60cc.4=0 w60d0.4=ffffffff r60d0.4=ffffffff
    w60d0.4=0 w60d4.4=ffffffff r60d4.4=ffffffff w60d4.4=0 w60d8.4=ffffffff r60d8.4=ffffffff
    w60d8.4=0 w60dc.4=ffffffff r60dc.4=ffffffff w60dc.4=0 w60e0.4=ffffffff r60e0.4=ffffffff
    w60e0.4=0 w60e4.4=ffffffff r60e4.4=ffffffff w60e4.4=0 w60e8.4=ffffffff r60e8.4=ffffffff
    w60e8.4=0 w60ec.4=ffffffff r60ec.4=ffffffff w60ec.4=0 w60f0.4=ffffffff r60f0.4=ffffffff
    w60f0.4=0 w60f4.4=ffffffff r60f4.4=ffffffff w60f4.4=0 w60f8.4=ffffffff r60f8.4=ffffffff
    w60f8.4=0 w60fc.4=ffffffff r60fc.4=ffffffff w60fc.4=0 w6100.4=ffffffff r6100.4=ffffffff
    w6100.4=0 w6104.4=ffffffff r6104.4=ffffffff w6104.4=0 w6108.4=ffffffff r6108.4=ffffffff
    w6108.4=0 w610c.4=ffffffff r610c.4=ffffffff w610c.4=0 w6110.4=ffffffff r6110.4=ffffffff
    w6110.4=0 w6114.4=ffffffff r6114.4=0 w6114.4=0 w6118.4=ffffffff r6118.4=ffffffff w6118.4=0
    w611c.4=ffffffff r611c.4=ffffffff w611c.4=0 w6120.4=ffffffff r6120.4=ffffffff w6120.4=0
    w6124.4=ffffffff r6124.4=ffffffff w6124.4=0 w6128.4=ffffffff r6128.4=ffffffff w6128.4=0
    w612c.4=ffffffff r612c.4=ffffffff w612c.4=0 w6130.4=ffffffff r6130.4=ffffffff w6130.4=0
    w6134.4=ffffffff r6134.4=0 w6134.4=0 w6200.4=ffffffff r6200.4=ffffffff w6200.4=0
    w6204.4=ffffffff r6204.4=ffffffff w6204.4=0 w6208.4=ffffffff r6208.4=ffffffff w6208.4=0
    w6210.4=ffffffff r6210.4=fffdffff w6210.4=0 w6214.4=ffffffff r6214.4=ffffffff w6214.4=0
    w6218.4=ffffffff r6218.4=0 w6218.4=0 w621c.4=ffffffff r621c.4=0 w621c.4=0 w9000.4=ffffffff
    r9000.4=ffffffff w9000.4=0 w9004.4=ffffffff r9004.4=0 w9004.4=0 w9008.4=ffffffff
    r9008.4=ffffffff w9008.4=0 w900c.4=ffffffff r900c.4=ffffffff w900c.4=0 w9010.4=ffffffff
    r9010.4=ffffffff w9010.4=0 w9014.4=ffffffff r9014.4=ffffffff w9014.4=0 w9050.4=ffffffff
    r9050.4=ffffffff w9050.4=0 w9054.4=ffffffff r9054.4=ffffffff w9054.4=0 w9058.4=ffffffff
    r9058.4=ffffffff w9058.4=0
    # reset
    w1010.4=3000000 r1010.4=0 r10.4=ffffff0f r2004.4=10801100 r4000.4=10000001 r4020.4=f8000000
    r6080.4=0
    # PHY at address 0, nothing at 1
    w620c.4=260 r620c.4=100 w620c.4=660 r620c.4=2c400100 w620c.4=a60 r620c.4=40000100
    w620c.4=e60 r620c.4=10620100 w620c.4=1260 r620c.4=10100 w620c.4=1660 r620c.4=10100
    w620c.4=1a60 r620c.4=100 w620c.4=6260 r620c.4=3000100 w620c.4=7e60 r620c.4=100 w620c.4=8a60
    r620c.4=ffff0100 w620c.4=800250 r620c.4=800350 w620c.4=260 r620c.4=100 w620c.4=78563412
    r620c.4=ffff0000
    """

  static let ohci = """
    # after reset
    r0.4=10000000 r4.4=0 r8.4=0 rc.4=0 r10.4=80 r14.4=80 r18.4=0 r1c.4=0 r20.4=0 r24.4=0 r28.4=0
    r2c.4=0 r30.4=0 r34.4=df2e7827 r38.4=0 r3c.4=0 r40.4=0 r44.4=28060000 r48.4=3020000 r4c.4=0
    r50.4=0 r54.4=10000 r58.4=10000 r5c.4=10000 r60.4=0
    # software reset
    w8.4=1000000 r0.4=10000000 r4.4=c0000000 r8.4=0 rc.4=0 r10.4=80 r14.4=80 r18.4=0 r1c.4=0
    r20.4=0 r24.4=0 r28.4=0 r2c.4=0 r30.4=0 r34.4=df2e7827 r38.4=0 r3c.4=0 r40.4=0
    r44.4=28060000 r48.4=3020000 r4c.4=0 r50.4=0 r54.4=10000 r58.4=10000 r5c.4=10000 r60.4=0
    # pointers and the frame interval
    w18.4=ffffffff r18.4=ffffff w20.4=ffffffff r20.4=f0ffffff w28.4=ffffffff r28.4=f0ffffff
    w34.4=ffffffff r34.4=ff3fffff w40.4=ffffffff r40.4=ffff0000 w44.4=ffffffff r44.4=ffff0000
    w48.4=ffffffff r48.4=3020000 w50.4=ffffffff r50.4=0 w1c.4=ffffffff r1c.4=0 w24.4=ffffffff
    r24.4=f0ffffff w2c.4=ffffffff r2c.4=f0ffffff w30.4=ffffffff r30.4=0 w38.4=ffffffff r38.4=0
    w3c.4=0 r3c.4=0 w4c.4=ffffffff r4c.4=0
    # interrupt enable and disable
    w10.4=7f0000c0 r10.4=7f0000c0 r14.4=7f0000c0 w14.4=15000000 r10.4=6a0000c0 r14.4=6a0000c0
    wc.4=ffffffff rc.4=0
    # control and command
    w4.4=40000000 r4.4=40000000 w4.4=0 r4.4=0 w8.4=2000000 r8.4=2000000
    # root hub: power, ports without devices
    w50.4=100 r50.4=0 w50.4=1000000 r50.4=0 w50.4=800000 r50.4=800000 w50.4=80 r50.4=0 w50.4=200
    r50.4=0 r54.4=10000 w54.4=1000000 r54.4=10000 w54.4=2000000 r54.4=10100 w54.4=4000000
    r54.4=10100 w54.4=8000000 r54.4=10100 w54.4=10000000 r54.4=10100 w54.4=10000 r54.4=10100
    w54.4=20000 r54.4=10100 w54.4=1f00 r54.4=10000 r58.4=10000 w58.4=1000000 r58.4=10000
    w58.4=2000000 r58.4=10100 w58.4=4000000 r58.4=10100 w58.4=8000000 r58.4=10100 w58.4=10000000
    r58.4=10100 w58.4=10000 r58.4=10100 w58.4=20000 r58.4=10100 w58.4=1f00 r58.4=10000
    r5c.4=10000 w5c.4=1000000 r5c.4=10000 w5c.4=2000000 r5c.4=10100 w5c.4=4000000 r5c.4=10100
    w5c.4=8000000 r5c.4=10100 w5c.4=10000000 r5c.4=10100 w5c.4=10000 r5c.4=10100 w5c.4=20000
    r5c.4=10100 w5c.4=1f00 r5c.4=10000
    # a fourth port
    r60.4=0
    """
}
