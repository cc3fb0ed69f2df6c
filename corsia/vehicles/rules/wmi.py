"""World manufacturer identifiers: whose code the first three signs of a VIN are.

The list holds the makers a European dealer meets on the road and in trade-in; an unknown code is no fault of the VIN.
Compiled from public lists of ISO 3780 codes; the tests hold it against VINs that others decoded.
"""

from typing import Final

_SIGNS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ1234567890"  # ISO 3780 order of the second sign

# first sign: (from, to, ISO 3166 country) of the second sign
_COUNTRIES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "A": (("A", "H", "ZA"), ("J", "N", "CI")),
    "B": (("A", "E", "AO"), ("F", "K", "KE"), ("L", "R", "TZ")),
    "C": (("A", "E", "BJ"), ("F", "K", "MG"), ("L", "R", "TN")),
    "D": (("A", "E", "EG"), ("F", "K", "MA"), ("L", "R", "ZM")),
    "H": (("A", "0", "CN"),),
    "J": (("A", "0", "JP"),),
    "K": (("L", "R", "KR"), ("A", "E", "LK"), ("F", "K", "IL")),
    "L": (("A", "0", "CN"),),
    "M": (("A", "E", "IN"), ("F", "K", "ID"), ("L", "R", "TH"), ("S", "S", "MM"), ("Z", "0", "IN")),
    "N": (("A", "E", "IR"), ("F", "K", "PK"), ("L", "R", "TR"), ("S", "T", "UZ"), ("V", "V", "AZ")),
    "P": (("A", "E", "PH"), ("F", "K", "SG"), ("L", "R", "MY")),
    "R": (("A", "E", "AE"), ("F", "K", "TW"), ("L", "R", "VN"), ("S", "0", "SA")),
    "S": (("A", "M", "GB"), ("N", "T", "DE"), ("U", "Z", "PL"), ("1", "2", "LV"), ("3", "3", "GE"), ("4", "4", "IS")),
    "T": (
        ("A", "H", "CH"),
        ("J", "P", "CZ"),
        ("R", "V", "HU"),
        ("W", "1", "PT"),
        ("3", "5", "RS"),
        ("6", "6", "AD"),
        ("7", "8", "NL"),
    ),
    "U": (("H", "M", "DK"), ("N", "R", "IE"), ("U", "Z", "RO"), ("1", "2", "MK"), ("5", "7", "SK"), ("8", "0", "BA")),
    "V": (("A", "E", "AT"), ("F", "R", "FR"), ("S", "W", "ES"), ("X", "2", "FR"), ("3", "5", "HR"), ("6", "8", "EE")),
    "W": (("A", "0", "DE"),),
    "X": (
        ("A", "C", "BG"),
        ("D", "E", "RU"),
        ("F", "H", "GR"),
        ("J", "K", "RU"),
        ("L", "R", "NL"),
        ("S", "W", "RU"),
        ("X", "Y", "LU"),
        ("Z", "0", "RU"),
    ),
    "Y": (
        ("A", "E", "BE"),
        ("F", "K", "FI"),
        ("N", "N", "MT"),
        ("S", "W", "SE"),
        ("X", "2", "NO"),
        ("3", "5", "BY"),
        ("6", "8", "UA"),
    ),
    "Z": (("A", "U", "IT"), ("X", "Z", "SI"), ("3", "5", "LT"), ("6", "0", "RU")),
    "1": (("A", "0", "US"),),
    "2": (("A", "5", "CA"),),
    "3": (("A", "X", "MX"), ("1", "3", "NI"), ("4", "4", "SV"), ("7", "7", "CR")),
    "4": (("A", "0", "US"),),
    "5": (("A", "0", "US"),),
    "6": (("A", "X", "AU"),),
    "7": (("A", "E", "NZ"), ("F", "0", "US")),
    "8": (("A", "E", "AR"), ("F", "K", "CL"), ("L", "N", "EC"), ("S", "T", "PE"), ("X", "Z", "VE")),
    "9": (("A", "E", "BR"), ("F", "K", "CO"), ("L", "R", "PY"), ("S", "V", "UY"), ("3", "9", "BR")),
}

# code: brands sold under it, the commonest first. A two-sign code stands for every third sign without its own line.
_MAKERS: Final = """
AAV Volkswagen | AFA Ford | AHT Toyota
JA Isuzu | JA3 Mitsubishi | JA4 Mitsubishi | JAA Isuzu | JF1 Subaru | JF2 Subaru | JH1 Honda | JH2 Honda | JH3 Honda
JH4 Acura | JHL Honda | JHM Honda | JKA Kawasaki | JKB Kawasaki | JM1 Mazda | JM3 Mazda | JM6 Mazda | JMZ Mazda
JMB Mitsubishi | JMY Mitsubishi | JN1 Nissan,Infiniti | JN8 Nissan,Infiniti | JNK Infiniti | JNR Infiniti | JS1 Suzuki
JS2 Suzuki | JS3 Suzuki | JSA Suzuki | JT Toyota | JTD Toyota | JTH Lexus | JTJ Lexus | JTM Toyota | JYA Yamaha
KL1 Chevrolet | KL3 Chevrolet | KLA Daewoo,Chevrolet | KLY Daewoo | KM8 Hyundai | KMC Hyundai | KMH Hyundai,Genesis
KMT Genesis | KNA Kia | KNC Kia | KND Kia | KNE Kia | KNG Kia | KNM Nissan,Renault | KPA SsangYong | KPB SsangYong
KPT SsangYong | KMX Hyundai
L6T Lynk & Co,Geely | LB3 Geely | LBV BMW | LC0 BYD | LDC Citroen,Peugeot | LFP FAW | LFV Volkswagen,Audi
LGW Great Wall | LGX BYD | LHG Honda | LJ1 JAC | LJD Kia | LMG GAC | LNB BAIC | LPS Polestar | LRW Tesla | LS5 Changan
LSG Buick | LSJ MG | LSV Volkswagen | LSY Brilliance | LVR Mazda | LVS Ford | LVT Chery,DR | LVV Chery,DR,Omoda,Jaecoo
LVY Volvo | LYV Volvo | LFM Toyota | LZW Wuling | LVH Honda | LNN Omoda,Jaecoo,Chery
MA1 Mahindra | MA3 Suzuki | MA6 Chevrolet | MAJ Ford | MAK Honda | MAL Hyundai | MAT Tata | MBH Suzuki | MD2 KTM,Bajaj
MEE Renault | MM0 Mazda | MM8 Mazda | MMB Mitsubishi | MMC Mitsubishi | MMT Mitsubishi | MNB Ford | MNT Nissan
MPA Isuzu | MR0 Toyota | MRH Honda | MLH Honda | MMM Chevrolet | MMS Suzuki | MZB Kia | MZ7 MG
NLA Honda | NLE Mercedes-Benz | NLH Hyundai | NLJ Hyundai | NLT Temsa | NMT Toyota | NM0 Ford | NM1 Renault | NM4 Fiat
NLN Karsan | NLR Otokar | NMB Mercedes-Benz | NMC BMC
SAD Jaguar | SAJ Jaguar | SAL Land Rover | SAR Rover,MG | SB1 Toyota | SBM McLaren | SCA Rolls-Royce | SCB Bentley
SCC Lotus | SCE DeLorean | SCF Aston Martin | SDB Peugeot | SED Vauxhall,Opel | SEY LDV | SFA Ford
SFD Alexander Dennis | SHH Honda | SHS Honda | SJN Nissan,Infiniti | SKF Vauxhall,Opel | SMT Triumph | SU9 Solaris
SUL FSC | SUU Solaris | SUP FSO,Daewoo
TCC Smart | TK9 Avia | TM9 Skoda | TMA Hyundai | TMB Skoda | TMK Karosa | TMT Tatra | TN9 Karosa | TRA Ikarus
TRU Audi | TSM Suzuki | TW1 Toyota | TYA Mitsubishi | TYB Mitsubishi | TJ5 Jawa
U5Y Kia | U6Y Kia | UU1 Dacia | UU6 Daewoo | UN1 Ford | U69 Zastava | UU2 Oltcit | UU7 Dacia
VA0 Steyr | VAG Steyr,Puch | VBK KTM | VF1 Renault,Dacia,Alpine | VF2 Renault | VF3 Peugeot | VF4 Talbot
VF6 Renault Trucks | VF7 Citroen | VF8 Matra,Renault | VF9 Bugatti | VFA Alpine,Renault | VG5 MBK,Yamaha | VGA Peugeot
VJ1 Heuliez | VJR Ligier | VLU Scania | VN1 Opel,Renault | VNE Irisbus,Iveco | VNK Toyota | VNV Nissan,Renault
VR1 DS | VR3 Peugeot | VR7 Citroen | VS5 Renault | VS6 Ford | VS7 Citroen | VS8 Peugeot | VSA Mercedes-Benz
VSE Santana,Suzuki | VSK Nissan | VSS Seat,Cupra | VSX Opel | VTT Suzuki | VTM Honda | VWA Nissan | VWV Volkswagen
VX1 Zastava,Yugo | VXK Opel | VXE Opel,Fiat | VXF Peugeot,Opel | VYF Opel,Citroen,Fiat | VYJ Ford | VYC Citroen
VLG Aixam | VLI Aixam | VLX Aixam
W06 Cadillac | W0L Opel,Vauxhall | W0V Opel,Vauxhall | W04 Buick | W0S Opel,Vauxhall | W1K Mercedes-Benz
W1N Mercedes-Benz | W1T Mercedes-Benz | W1V Mercedes-Benz | W1Y Mercedes-Benz | WA1 Audi | WAC Audi | WAG Neoplan
WAP Alpina | WAU Audi | WB1 BMW | WB3 BMW | WB4 BMW | WB5 BMW | WBA BMW | WBS BMW | WBX BMW | WBY BMW
WD3 Mercedes-Benz | WDA Mercedes-Benz | WDB Mercedes-Benz,Maybach | WDC Mercedes-Benz | WDD Mercedes-Benz
WDF Mercedes-Benz | WEB EvoBus,Mercedes-Benz | WF0 Ford | WF1 Ford | WJM Iveco | WKE Krone | WKK Setra | WKV Koegel
WMA MAN | WME Smart | WMH MAN | WMW Mini | WMX Mercedes-AMG | WMZ Mini | WP0 Porsche | WP1 Porsche | WSM Schmitz
WU1 Audi | WUA Audi | WV1 Volkswagen | WV2 Volkswagen | WV3 Volkswagen | WVG Volkswagen | WVW Volkswagen | WZ1 Toyota
WDZ Mercedes-Benz
XLB Volvo | XLE Scania | XLR DAF | XMC Mitsubishi,Smart | XNL VDL | XTA Lada | XTB Moskvich | XTT UAZ | XUF Chevrolet
XW8 Volkswagen | X7L Renault | X4X BMW | XWE Kia | XWB Daewoo | X9F Ford | X9L Chevrolet
YAR Toyota | YB1 Volvo | YB2 Volvo | YBW Volkswagen | YC1 Honda | YE2 Van Hool | YK1 Saab | YS2 Scania | YS3 Saab
YS4 Scania | YSM Polestar | YSR Polestar | YT9 Koenigsegg | YTN Saab | YU7 Husaberg | YV1 Volvo | YV2 Volvo
YV3 Volvo | YV4 Volvo | YV5 Volvo | YSC Cadillac | YH4 Fisker | YV9 Volvo | YY1 Think
ZA9 Pagani,Bugatti,Lamborghini | ZAA Autobianchi | ZAM Maserati | ZAP Piaggio,Vespa,Gilera | ZAR Alfa Romeo
ZAS Alfa Romeo | ZAC Jeep,Dodge | ZBA Piaggio | ZBB Bertone | ZBN Benelli | ZC2 Chrysler | ZCF Iveco
ZCG Cagiva,MV Agusta | ZCZ BredaMenarini | ZD0 Yamaha | ZD3 Beta | ZD4 Aprilia | ZD5 Casalini | ZDC Honda
ZDF Ferrari | ZDM Ducati | ZDT De Tomaso | ZDY Cacciamali | ZES Bimota | ZEH Trigano,Roller Team | ZF4 Qvale
ZFA Fiat,Abarth | ZFB Fiat | ZFC Fiat | ZFF Ferrari | ZFL Energica | ZFM Fantic | ZFR Pininfarina | ZGA Iveco
ZGU Moto Guzzi | ZHU Husqvarna | ZHW Lamborghini | ZJM Malaguti | ZJN Innocenti | ZJT Italjet | ZJW DR | ZKC Ducati
ZKH Husqvarna | ZLA Lancia | ZLV Autobianchi | ZLM Moto Morini | ZN0 SWM | ZN6 Maserati | ZN3 Iveco | ZPB Lamborghini
ZPY DR | ZTM TM Racing | ZTA Tazzari | ZX1 TAM | Z6F Ford | Z8N Nissan | Z94 Hyundai | ZPA Maserati
Z8T Peugeot,Citroen
10T Oshkosh | 137 Hummer | 19U Acura | 19V Acura | 19X Honda | 1B3 Dodge | 1C3 Chrysler | 1C4 Jeep,Dodge,Chrysler
1C6 Ram,Dodge | 1D3 Dodge | 1D4 Dodge | 1D7 Dodge,Ram | 1D8 Dodge | 1FA Ford | 1FB Ford | 1FC Ford | 1FD Ford
1FM Ford | 1FT Ford | 1FU Freightliner | 1G Chevrolet | 1G1 Chevrolet | 1G2 Pontiac | 1G3 Oldsmobile | 1G4 Buick
1G6 Cadillac | 1G8 Saturn | 1GB Chevrolet | 1GC Chevrolet | 1GK GMC | 1GN Chevrolet | 1GT GMC | 1GY Cadillac
1H Honda | 1HD Harley-Davidson | 1HG Honda | 1J4 Jeep | 1J8 Jeep | 1L1 Lincoln | 1LN Lincoln | 1ME Mercury
1N4 Nissan | 1N6 Nissan | 1NX Toyota | 1P3 Plymouth | 1VW Volkswagen | 1YV Mazda | 1ZV Ford,Mazda,Mercury | 1M1 Mack
1XK Kenworth | 1XP Peterbilt | 1V2 Volkswagen
2A4 Chrysler | 2B3 Dodge | 2B7 Dodge | 2C3 Chrysler,Dodge | 2C4 Chrysler,Dodge | 2D4 Dodge | 2FA Ford
2FM Ford,Lincoln | 2FT Ford | 2G1 Chevrolet | 2G2 Pontiac | 2G6 Cadillac | 2GC Chevrolet | 2GN Chevrolet | 2GT GMC
2HG Honda | 2HK Honda | 2HM Hyundai | 2HN Acura | 2LM Lincoln | 2ME Mercury | 2T1 Toyota | 2T2 Lexus | 2T3 Toyota
2BC Jeep | 2BP Ski-Doo,Can-Am
3JB Can-Am | 3C3 Fiat,Chrysler,Dodge | 3C4 Dodge,Chrysler,Fiat | 3C6 Ram,Dodge | 3C7 Ram | 3CZ Honda | 3D4 Dodge
3D7 Dodge,Ram | 3FA Ford,Lincoln | 3FE Ford | 3G1 Chevrolet | 3G5 Buick | 3GC Chevrolet | 3GN Chevrolet | 3GT GMC
3GY Cadillac | 3HG Honda | 3LN Lincoln | 3MZ Mazda | 3N1 Nissan | 3TM Toyota | 3VW Volkswagen | 3VV Volkswagen
3MW BMW | 3N6 Nissan | 3KP Kia | 3PC Infiniti
4A3 Mitsubishi | 4A4 Mitsubishi | 4F2 Mazda | 4JG Mercedes-Benz | 4M2 Mercury | 4S3 Subaru | 4S4 Subaru | 4T1 Toyota
4T3 Toyota | 4US BMW | 4UZ Freightliner | 4V4 Volvo | 4YD Keystone
55S Mercedes-Benz | 58A Lexus | 5FN Honda | 5FP Honda | 5FR Acura | 5GA Buick | 5GN Hummer | 5GR Hummer | 5GZ Saturn
5J6 Honda | 5J8 Acura | 5LM Lincoln | 5N1 Nissan,Infiniti | 5N3 Infiniti | 5NM Hyundai | 5NP Hyundai | 5TD Toyota
5TE Toyota | 5TF Toyota | 5UM BMW | 5UX BMW | 5XX Kia | 5XY Kia,Hyundai | 5YF Toyota | 5YJ Tesla | 5YM BMW
56K Indian
6F5 Ford | 6FP Ford | 6G1 Holden,Chevrolet | 6MM Mitsubishi | 6T1 Toyota
7SA Tesla | 7FA Honda | 7PD Rivian | 7JR Volvo
8AD Peugeot | 8AF Ford | 8AG Chevrolet | 8AJ Toyota | 8AP Fiat | 8AW Volkswagen | 8A1 Renault | 8AC Mercedes-Benz
93H Honda | 93R Toyota | 93U Audi | 93Y Renault | 94D Nissan | 988 Jeep,Fiat | 98M BMW | 9BD Fiat | 9BF Ford
9BG Chevrolet | 9BM Mercedes-Benz | 9BR Toyota | 9BS Scania | 9BW Volkswagen | 935 Citroen | 936 Peugeot | 9BH Hyundai
XP7 Tesla
LFZ Leapmotor | LFJ Leapmotor
HJ4 Leapmotor
LPE BYD | LGJ Dongfeng | LMW GAC | LA7 Xpeng | L1N Xpeng | LJ8 Zotye
"""


def _parse(text: str) -> dict[str, tuple[str, ...]]:
    table = {}
    for entry in text.replace("\n", "|").split("|"):
        if entry.strip():
            code, brands = entry.strip().split(" ", 1)
            table[code] = tuple(brands.split(","))
    return table


_BRANDS: Final = _parse(_MAKERS)


def brands_of(vin: str) -> tuple[str, ...]:
    """Return the brands sold under the maker's code of a normalised VIN, the commonest first; () when unknown."""
    return _BRANDS.get(vin[:3]) or _BRANDS.get(vin[:2]) or ()


def country_of(vin: str) -> str:
    """Return the ISO 3166 country that gave out the maker's code of a normalised VIN; "" when unassigned."""
    if len(vin) < 2 or vin[1] not in _SIGNS:
        return ""
    place = _SIGNS.index(vin[1])
    for first, last, country in _COUNTRIES.get(vin[0], ()):
        if _SIGNS.index(first) <= place <= _SIGNS.index(last):
            return country
    return ""
