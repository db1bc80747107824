# Style: Windows line ends, a byte-order mark, tabs, comments in many languages
import math
# 상수: 최고 속도와 트랙 여유 공간
MAX_SPEED = 4.0
# ステアリングの上限（度）
MAX_STEERING = 30
RÄNDER = 0.05   # Abstand zum Rand in Metern
α = 2.0         # Schärfe der Glocke

def écart(params):
    # écart par rapport au centre, de 0 à 1 (spaces here, tabs below)
    return params["distance_from_center"] / (0.5 * params["track_width"])

def reward_function(params):
	'''
	функция награды: держаться середины и ехать быстро
	'''
	速度 = params["speed"]
	reward = math.exp(-α * écart(params) ** 2)

	if not params["all_wheels_on_track"]:
		reward = 1e-3      # 出界了
	elif 0.5 * params["track_width"] - params["distance_from_center"] < RÄNDER:
		reward *= 0.5      # muy cerca del borde

	# 直线加速 – na prostej szybciej
	if abs(params["steering_angle"]) < MAX_STEERING / 3:
				reward *= 1 + 速度 / MAX_SPEED
	else:
		reward *= 1 + 0.5 * 速度 / MAX_SPEED

	if params["progress"] == 100: reward += 10
	return float(reward)
